/**
 * Runs a contestant's process, which stays alive between its rounds.
 *
 * @module
 */
import { TextLineStream } from "./lines.ts";
import type { Bench, Contestant, Effort, Sample } from "./bench.ts";
import { peers } from "./peers.ts";
import { usage } from "./usage.ts";

/** Milliseconds after which a round is stopped. */
const ROUND_TIMEOUT = 60_000;
const ROOT = new URL("../../", import.meta.url);
const DRIVERS = new URL("bench/drivers/", ROOT);

/** One contestant at one workload. */
export class Driver implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #stderr: Promise<string>;

  private constructor(command: Deno.Command) {
    this.#process = command.spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#lines = this.#process.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())
      .getReader();
    this.#stderr = new Response(this.#process.stderr).text();
  }

  /** Starts the process. */
  static async start(bench: Bench, contestant: Contestant): Promise<Driver> {
    return new Driver(await command(bench, contestant));
  }

  /**
   * Runs one round.
   *
   * @throws {Error} If the contestant cannot take part; the message is the reason.
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
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      this.#process.kill("SIGKILL");
    }, ROUND_TIMEOUT);
    const { value } = await this.#lines.read().finally(() => clearTimeout(timer));
    if (value !== undefined) return value;
    const { code, signal } = await this.#process.status;
    if (timedOut) throw new Error(`a round took longer than ${ROUND_TIMEOUT / 1_000} s`);
    const reason = (await this.#stderr).trim().split("\n").find((line) => /^\W*\w*error/i.test(line));
    throw new Error(reason ?? `its process ended with ${signal ?? code}`);
  }

  /** Ends the process. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close().catch(() => {}); // The process may have ended already.
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), 5_000);
    await this.#process.status;
    clearTimeout(timer);
    await this.#lines.cancel();
    await this.#stderr;
  }
}

async function command({ name }: Bench, contestant: Contestant): Promise<Deno.Command> {
  const { runtime, driver, variant, parameter = "" } = contestant;
  const options = { stdin: "piped", stdout: "piped", stderr: "piped" } as const;
  const path = (file: string, folder: URL) => decodeURIComponent(new URL(file, folder).pathname);
  if (runtime === "deno") {
    const root = contestant.root ?? ROOT;
    const args = ["run", "--quiet", "--no-check", `--import-map=${path("npm.import_map.json", root)}`, "-A"];
    args.push(path(`bench/drivers/${driver}`, root), name, variant, parameter);
    return new Deno.Command(Deno.execPath(), { args, ...options });
  }
  const folder = runtime === "node" ? new URL("drivers/", await peers()) : DRIVERS;
  return new Deno.Command(runtime, { args: [path(driver, folder), name, variant, parameter], ...options });
}
