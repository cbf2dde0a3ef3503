/** Other processes that work on the values, queues and locks of a cluster, as objects_script.ts does. */
import type { ClusterOptions } from "@isopool/isopool/cluster";
import { MUST_HAPPEN, within } from "../support/within.ts";

const ROOT = new URL("../../", import.meta.url);

/** Such a process. */
export class TestProcess implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #lines: AsyncGenerator<string>;

  /** Starts it with a job and its arguments. */
  constructor(options: ClusterOptions, ...job: string[]) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-check", "--no-prompt", "-A"],
        `--import-map=${new URL("npm.import_map.json", ROOT).href}`,
        new URL("tests/cluster/objects_script.ts", ROOT).href,
        ...[JSON.stringify(options), ...job],
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#lines = linesOf(this.#process.stdout);
  }

  /** Its next line. */
  async line(): Promise<string> {
    const { value, done } = await within(3 * MUST_HAPPEN, this.#lines.next(), "a line of the other process");
    if (done) throw new Error("the other process has ended");
    return value;
  }

  /** Lets it go on. */
  async goOn(): Promise<void> {
    const writer = this.#process.stdin.getWriter();
    await writer.write(new Uint8Array(1));
    writer.releaseLock();
  }

  /** Sends it a signal. */
  signal(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** The rest of its lines, when it has ended. */
  async rest(): Promise<string[]> {
    return await Array.fromAsync(this.#lines);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error; // It has ended.
    }
    await this.#process.stdin.close().catch(() => {});
    await this.rest();
    await this.#process.status;
  }
}

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (text + part).split("\n");
    text = lines.pop()!;
    yield* lines;
  }
}
