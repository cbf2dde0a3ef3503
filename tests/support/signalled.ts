/**
 * A script in a process of its own that gets signals, and prints what it does.
 *
 * @module
 */
import { until, within } from "./within.ts";

const MAP = new URL("../../npm.import_map.json", import.meta.url).href;

/** A script that runs, with the lines that it has printed so far. */
export class Running implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<void>;
  #stderr = "";

  private constructor(child: Deno.ChildProcess, readonly folder: string) {
    this.#child = child;
    const follow = async (stream: ReadableStream<Uint8Array>, onText: (text: string) => void) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)) {
        onText(text);
      }
    };
    let rest = "";
    this.#read = Promise.all([
      follow(child.stdout, (text) => {
        const parts = (rest + text).split("\n");
        rest = parts.pop()!;
        this.lines.push(...parts);
      }),
      follow(child.stderr, (text) => void (this.#stderr += text)),
    ]).then(() => {});
  }

  static async start(source: string): Promise<Running> {
    const folder = await Deno.makeTempDir({ prefix: "isopool-test-" });
    await Deno.writeTextFile(
      `${folder}/main.ts`,
      `import { CancelledError, inline, Pool, pooled } from "@isopool/isopool";\n${source}`,
    );
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--no-lock", `--import-map=${MAP}`, "-A", `${folder}/main.ts`],
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    return new Running(child, folder);
  }

  async printed(line: string, times = 1): Promise<void> {
    await until(
      () => this.lines.filter((each) => each === line).length >= times,
      () => `${line}: ${this.lines}`,
      20_000,
    );
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  async ended(): Promise<{ code: number; signal: string | null; stderr: string }> {
    const { code, signal } = await within(20_000, this.#child.status, "the end of the script");
    await this.#read;
    return { code, signal, stderr: this.#stderr };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.kill("SIGKILL");
    } catch { /* it has ended */ }
    await this.#child.status;
    await this.#read;
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** The start of a script: a task that waits for a gate, and an endless input of it. */
export const TASK = `
  // Tells that it runs, waits for the gate, tells that it has ended.
  const task = inline(async ({ n, gate }) => {
    console.log("start");
    while (Atomics.load(gate, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    console.log("end");
    return n;
  });
  const gate = new Int32Array(new SharedArrayBuffer(4));
  let read = 0;
  const items = function* () {
    for (;;) yield { n: read++, gate };
  };
  // The test's gate: the first signal has arrived.
  Deno.addSignalListener("SIGINT", () => console.log("signal"));
  const open = () => Atomics.store(gate, 0, 1);
`;
