/**
 * Runs the command line as a user does: a process of its own with real files, pipes and signals.
 *
 * @module
 */

import { until as poll } from "../support/within.ts";

/** The folder of the project. */
export const ROOT = new URL("../../", import.meta.url);

/** Time limit for what a command must do, in milliseconds: its start takes 0.3 s, and seconds on a busy machine. */
const MUST_HAPPEN = 60_000;

/** Polls until `condition` holds. */
export const until = (condition: () => boolean | Promise<boolean>, what: string): Promise<void> =>
  poll(condition, what, MUST_HAPPEN);

/** How a command has ended. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** A folder of its own, in which commands run; removed at the end. */
export class Workspace implements AsyncDisposable {
  readonly #running = new Set<Deno.ChildProcess>();

  private constructor(readonly folder: string) {}

  /** Makes the folder, with these files in it, and the tasks of `tasks.ts`. */
  static async make(files: Record<string, string | Uint8Array> = {}): Promise<Workspace> {
    const workspace = new Workspace(await Deno.makeTempDir({ prefix: "isopool-cli-" }));
    await Deno.copyFile(new URL("tasks.ts", import.meta.url), workspace.path("tasks.ts"));
    for (const [name, content] of Object.entries(files)) {
      await Deno.writeFile(
        workspace.path(name),
        typeof content === "string" ? new TextEncoder().encode(content) : content,
      );
    }
    return workspace;
  }

  /** The path of a file in the folder. */
  path(name: string): string {
    return `${this.folder}/${name}`;
  }

  /** The text of a file in the folder. */
  read(name: string): Promise<string> {
    return Deno.readTextFile(this.path(name));
  }

  /** Whether a file is in the folder. */
  has(name: string): boolean {
    try {
      Deno.statSync(this.path(name));
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }

  /** The number of files whose names begin like this. */
  count(prefix: string): number {
    return [...Deno.readDirSync(this.folder)].filter(({ name }) => name.startsWith(prefix)).length;
  }

  /** Starts `isopool` with these arguments. */
  start(
    args: readonly string[],
    { stdin = "null" as "null" | "piped", permissions = ["-A"] } = {},
  ): Deno.ChildProcess {
    const child = new Deno.Command(Deno.execPath(), {
      args: [...COMMAND, ...permissions, CLI, ...args],
      cwd: this.folder,
      env: { NO_COLOR: "1" },
      stdin,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#running.add(child);
    void child.status.then(() => this.#running.delete(child));
    return child;
  }

  /** Runs `isopool` to its end. */
  async run(args: readonly string[], stdin?: string | Uint8Array, permissions?: string[]): Promise<Ended> {
    const child = this.start(args, { stdin: stdin === undefined ? "null" : "piped", permissions });
    const output = child.output();
    if (stdin !== undefined) {
      const writer = child.stdin.getWriter();
      await writer.write(typeof stdin === "string" ? new TextEncoder().encode(stdin) : stdin);
      await writer.close();
    }
    return ended(await output);
  }

  /** Runs a line of a shell in which `isopool` is the command. */
  async shell(line: string): Promise<Ended> {
    const script = `isopool() { "$DENO" ${
      [...COMMAND, "-A", CLI].map((part) => `'${part}'`).join(" ")
    } "$@"; }; ${line}`;
    return ended(
      await new Deno.Command("bash", {
        args: ["-c", script],
        cwd: this.folder,
        env: { NO_COLOR: "1", DENO: Deno.execPath() },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }).output(),
    );
  }

  /** A failed test leaves no command behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#running) child.kill("SIGKILL");
    await Promise.all([...this.#running].map(({ status }) => status));
    await Deno.remove(this.folder, { recursive: true });
  }
}

const COMMAND = [
  "run",
  "--quiet",
  "--no-check",
  "--no-lock",
  `--import-map=${new URL("npm.import_map.json", ROOT).href}`,
  "--unstable-worker-options",
  "--no-prompt",
];
const CLI = new URL("lib/cli.ts", ROOT).href;

/** Decodes an output. */
export function ended({ code, stdout, stderr }: Deno.CommandOutput): Ended {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** The lines of a text, without the empty one at its end. */
export function lines(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
