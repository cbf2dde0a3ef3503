/**
 * A contestant's process, which stays alive between its rounds.
 *
 * @module
 */
import { TextLineStream } from "./lines.ts";
import type { Bench, Contestant, Effort, Sample } from "./bench.ts";
import { peers } from "./peers.ts";
import { usage } from "./usage.ts";

/** Milliseconds that a round may take. */
const PATIENCE = 60_000;
const HERE = new URL("../drivers/", import.meta.url);
const IMPORT_MAP = new URL("../../npm.import_map.json", import.meta.url);

/** One contestant at one workload. */
export class Driver implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #complaints: Promise<string>;

  private constructor(command: Deno.Command) {
    this.#process = command.spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#lines = this.#process.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())
      .getReader();
    this.#complaints = new Response(this.#process.stderr).text();
  }

  /** Starts the process. */
  static async start(bench: Bench, contestant: Contestant): Promise<Driver> {
    return new Driver(await command(bench, contestant));
  }

  /**
   * Runs one round.
   *
   * @throws {Error} If the contestant cannot take part; the message is why.
   */
  async round({ budget, scale }: Effort): Promise<Sample> {
    const before = usage(this.#process.pid);
    await this.#input.write(new TextEncoder().encode(JSON.stringify({ budget, scale }) + "\n"));
    const sample: Sample & { unavailable?: string } = JSON.parse(await this.#line());
    if (sample.unavailable) throw new Error(sample.unavailable);
    const after = usage(this.#process.pid);
    if (before && after) {
      sample.cpu = (after.cpu - before.cpu) / sample.count;
      sample.rss = after.rss;
    }
    return sample;
  }

  async #line(): Promise<string> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#process.kill("SIGKILL");
    }, PATIENCE);
    const { value } = await this.#lines.read().finally(() => clearTimeout(timer));
    if (value !== undefined) return value;
    const { code, signal } = await this.#process.status;
    if (late) throw new Error(`a round took longer than ${PATIENCE / 1_000} s`);
    const last = (await this.#complaints).trim().split("\n").find((line) => /^\W*\w*error/i.test(line));
    throw new Error(last ?? `its process ended with ${signal ?? code}`);
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {}); // It may have ended by itself.
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), 5_000);
    await this.#process.status;
    clearTimeout(timer);
    await this.#lines.cancel();
    await this.#complaints;
  }
}

async function command({ name }: Bench, contestant: Contestant): Promise<Deno.Command> {
  const { runtime, driver, variant, parameter = "" } = contestant;
  const options = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  const path = (folder: URL) => decodeURIComponent(new URL(driver, folder).pathname);
  if (runtime === "deno") {
    const run = ["run", "--quiet", "--no-check", `--import-map=${decodeURIComponent(IMPORT_MAP.pathname)}`, "-A"];
    return new Deno.Command(Deno.execPath(), { args: [...run, path(HERE), name, variant, parameter], ...options });
  }
  const folder = runtime === "node" ? new URL("drivers/", await peers()) : HERE;
  return new Deno.Command(runtime, { args: [path(folder), name, variant, parameter], ...options });
}
