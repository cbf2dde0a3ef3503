/**
 * Watches a program of the harness from outside: what it prints, whether it hangs, and which processes it leaves behind.
 *
 * @module
 */
import { childrenOf } from "../processes.ts";
import type { Line } from "./program.ts";
import { pause } from "./work.ts";

const ROOT = new URL("../../../", import.meta.url);

/** Milliseconds that a round may take, its checks included. */
const ROUND_BOUND = 240_000;
/** Milliseconds after which the processes of a program that has ended must be gone. */
const ORPHAN_BOUND = 10_000;

/** A program to start. */
export interface ProgramSource {
  /** Its module in this folder. */
  readonly module: "program.ts" | "interrupted.ts";
  readonly options: unknown;
  readonly env?: Record<string, string>;
  /** Maximum number of descriptors that it may have. */
  readonly maxFiles?: number;
}

/** What became of a program. */
export interface ProgramEnd {
  readonly code: number;
  readonly signal: string | null;
  /** What it printed to stderr, the end of it. */
  readonly errors: string;
  readonly orphans: readonly string[];
}

/** A running program. */
export class WatchedProgram {
  readonly #child: Deno.ChildProcess;
  // Each process that it has started, with the time of its start.
  readonly #started = new Map<number, string>();
  #isOver = false;
  #isLate = false;

  constructor({ module, options, env, maxFiles }: ProgramSource) {
    const limit = maxFiles === undefined ? "" : `ulimit -n ${maxFiles}; `;
    const map = new URL("npm.import_map.json", ROOT).href;
    const flags = ["run", "--quiet", "--no-check", "--no-prompt", "--no-lock", `--import-map=${map}`, "-A"];
    this.#child = new Deno.Command("sh", {
      args: [
        ...["-c", `${limit}exec "$@"`, "sh", Deno.execPath(), ...flags, "--unstable-worker-options"],
        ...[import.meta.resolve(`./${module}`), JSON.stringify(options)],
      ],
      env: { NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  /** Sends a signal to it, if it has not ended. */
  signal(name: Deno.Signal): void {
    if (!this.#isOver) this.#child.kill(name);
  }

  /** Calls `each` with every line that it prints, and resolves at its end. */
  async watch(each: (line: Line) => void): Promise<ProgramEnd> {
    const errors = new Response(this.#child.stderr).text();
    const status = this.#child.status.finally(() => this.#isOver = true);
    const looking = this.#lookForProcesses();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const restart = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        this.#isLate = true;
        this.signal("SIGKILL");
      }, ROUND_BOUND);
    };
    restart();
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        // Tasks print nothing, so the rest is the library's or the runtime's.
        if (!line.startsWith("{")) continue;
        restart();
        each(JSON.parse(line));
      }
    }
    const { code, signal } = await status;
    clearTimeout(timer);
    await looking;
    const late = this.#isLate ? `a round took longer than ${ROUND_BOUND} ms\n` : "";
    return { code, signal, errors: late + (await errors).slice(-3_000), orphans: await this.#orphans() };
  }

  async #lookForProcesses(): Promise<void> {
    while (!this.#isOver) {
      this.#look(this.#child.pid);
      await pause(20);
    }
  }

  #look(pid: number): void {
    let children: number[];
    try {
      children = childrenOf(pid);
    } catch (error) {
      // The process has ended.
      if (error instanceof Deno.errors.NotFound) return;
      throw error;
    }
    for (const child of children) {
      const start = startOf(child);
      if (start !== undefined) this.#started.set(child, start);
      this.#look(child);
    }
  }

  async #orphans(): Promise<string[]> {
    for (const end = performance.now() + ORPHAN_BOUND;;) {
      const living = [...this.#started].filter(([pid, start]) => startOf(pid) === start).map(([pid]) => pid);
      if (living.length === 0) return [];
      if (performance.now() > end) return living.map((pid) => `${pid}: ${commandOf(pid)}`);
      await pause(20);
    }
  }
}

// The time of its start tells a process from a later one with its number. A process that has ended may wait to be read.
function startOf(pid: number): string | undefined {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || String(error).includes("No such process")) return undefined;
    throw error;
  }
}

function commandOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).replaceAll("\0", " ").slice(0, 300);
  } catch {
    // It has ended meanwhile.
    return "";
  }
}
