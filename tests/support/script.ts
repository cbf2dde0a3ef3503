/**
 * `runScript()`: runs a real script in its own process, for behaviour that only the end of a script shows.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url);

// The runtime prints this line if a thread runs code of the library when its script ends: while it loads, in 1 of 200 to 450
// such ends, or just after a call, in 1 of 800 on a busy machine. The exit code is 0 all the same, and the library cannot
// prevent it.
const RUNNING_AT_END = /^error: Uncaught \(in worker "[^"]*"\)(?: \(in promise\))? Error: execution terminated\n\s*/gm;

/** How a script ended. */
export interface Ended {
  code: number;
  stdout: string;
  /** Without the line of a thread that ran at the end. */
  stderr: string;
  /** Whether it was killed at the deadline. */
  late: boolean;
  /** Duration in milliseconds. */
  ms: number;
}

/** Options of a script. */
export interface ScriptOptions {
  /** More files for its folder, by name. */
  files?: Record<string, string>;
  /** More entries for its import map. */
  imports?: Record<string, string>;
  args?: string[];
  /** Permissions, and flags of the runtime. @default {["-A"]} */
  permissions?: string[];
  /** Milliseconds after which it is killed. */
  deadline?: number;
  /** More variables of its environment. */
  env?: Record<string, string>;
  /** Commands that a shell runs first, for example `ulimit -n 100`. */
  shell?: string;
}

/** Writes `source` into a folder of its own, runs it, and removes it. Imports resolve through the project's map. */
export async function runScript(source: string, options: ScriptOptions = {}): Promise<Ended> {
  const { files = {}, imports, args = [], permissions = ["-A"], deadline = 20_000, env = {}, shell } = options;
  const folder = await Deno.makeTempDir({ prefix: "isopool-test-" });
  try {
    for (const [name, text] of Object.entries({ ...files, "main.ts": source })) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    const map = imports ? await writeMap(folder, imports) : new URL("npm.import_map.json", ROOT).href;
    const command = new Deno.Command(shell === undefined ? Deno.execPath() : "sh", {
      args: [
        ...shell === undefined ? [] : ["-c", `${shell}; exec "$@"`, "sh", Deno.execPath()],
        "run",
        "--quiet",
        "--no-check",
        "--no-lock",
        `--import-map=${map}`,
        ...permissions,
        `${folder}/main.ts`,
        ...args,
      ],
      cwd: folder,
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    const start = performance.now();
    const child = command.spawn();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, deadline);
    const { code, stdout, stderr } = await child.output().finally(() => clearTimeout(timer));
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    const errorText = text(stderr).replace(RUNNING_AT_END, "");
    return { code, stdout: text(stdout), stderr: errorText, late, ms: performance.now() - start };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Returns the absolute URL of a file of the fixtures, for use inside a script's source. */
export function fixture(name: string): string {
  return new URL(`tests/fixtures/tasks/${name}`, ROOT).href;
}

// Writes the project's map with more entries.
async function writeMap(folder: string, more: Record<string, string>): Promise<string> {
  const map = JSON.parse(await Deno.readTextFile(new URL("npm.import_map.json", ROOT))) as Record<
    "imports",
    typeof more
  >;
  const own = Object.entries(map.imports).map(([name, to]) => [name, to.startsWith(".") ? new URL(to, ROOT).href : to]);
  const path = `${folder}/map.json`;
  await Deno.writeTextFile(path, JSON.stringify({ imports: { ...Object.fromEntries(own), ...more } }));
  return path;
}
