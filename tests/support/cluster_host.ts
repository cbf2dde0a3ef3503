/**
 * `TestHost`: a worker host in a process of its own, as it runs on another machine.
 *
 * @module
 */
import type { ServeOptions } from "@isopool/isopool/cluster";

const ROOT = new URL("../../", import.meta.url);

/** A running worker host. */
export class TestHost implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  #hasEnded = false;

  private constructor(process: Deno.ChildProcess) {
    this.#process = process;
  }

  /**
   * Starts one, in the folder `cwd`; it takes calls when this resolves. `launcher` is a command that starts the command
   * after it.
   */
  static async start(
    options: ServeOptions,
    flags: readonly string[] = ["-A"],
    cwd?: string,
    launcher: readonly string[] = [],
  ): Promise<TestHost> {
    const [program, ...before] = [...launcher, Deno.execPath()];
    const process = new Deno.Command(program, {
      args: [
        ...before,
        ...["run", "--quiet", "--no-check", "--no-prompt", `--import-map=${new URL("npm.import_map.json", ROOT).href}`],
        ...flags,
        new URL("tests/cluster/host_script.ts", ROOT).href,
        JSON.stringify(options),
      ],
      cwd,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const host = new TestHost(process);
    const reader = process.stdout.getReader();
    const { value } = await reader.read();
    reader.releaseLock();
    if (!value || !new TextDecoder().decode(value).startsWith("ready")) {
      await process.stdin.close();
      await process.stdout.cancel();
      throw new Error(`the worker host did not start: ${(await process.status).code}`);
    }
    return host;
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Sends it a signal. */
  signal(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Kills it, as the loss of its machine does. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#end();
  }

  /** Lets it end its calls, and waits for its end. */
  async close(): Promise<void> {
    if (this.#hasEnded) return;
    await this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #signalIfAlive(signal: Deno.Signal): void {
    try {
      this.#process.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  async #end(): Promise<void> {
    this.#hasEnded = true;
    // A test may have failed while its host was frozen.
    if (Deno.build.os !== "windows") this.#signalIfAlive("SIGCONT");
    // Of a killed host, the pipe is broken.
    await this.#process.stdin.close().catch(() => {});
    await this.#process.stdout.cancel();
    await this.#process.status;
  }
}
