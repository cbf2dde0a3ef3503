import { assert, assertEquals, assertThrows } from "@std/assert";
import { Pool } from "@isopool/isopool";
import { test, until, within } from "../support/within.ts";

const MAP = new URL("../../npm.import_map.json", import.meta.url).href;
const onWindows = Deno.build.os === "windows" && "signals of Windows are other ones";

/** A script that runs, with the lines that it has printed so far. */
class Running implements AsyncDisposable {
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
      `import { CancelledError, inline, Pool } from "@isopool/isopool";\n${source}`,
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

const TASK = `
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

const scripts = [
  { what: "an awaited map", code: 130, run: `await pool.map(task, items());` },
  {
    what: "a loop over a lazy map",
    code: 130,
    run: `for await (const n of pool.imap(task, items())) console.log("got " + n);`,
  },
  {
    what: "calls",
    code: 130,
    run: `await Promise.all(Array.from(items().take(20), (item) => pool.submit(task, item)));`,
  },
  {
    what: "a script that catches the error and cleans up",
    code: 130,
    run: `try { await pool.map(task, items()); } catch (error) {
      console.log(error instanceof CancelledError, error.message);
      await new Promise((resolve) => setTimeout(resolve, 50));
      console.log("clean");
    }`,
  },
];
for (const { what, code, run } of scripts) {
  test(
    `drainOn("SIGINT"): ${what}: what runs is finished, nothing else starts, exit code ${code}, nothing on stderr`,
    async () => {
      await using script = await Running.start(`${TASK}
      await using pool = new Pool(2);
      pool.drainOn("SIGINT");
      Deno.addSignalListener("SIGINT", () => setTimeout(open, 100));
      ${run}
    `);
      await script.printed("start", 2);
      script.kill("SIGINT");
      const { code: actual, signal, stderr } = await script.ended();
      assertEquals([actual, signal, stderr], [code, null, ""]);
      const count = (line: string) => script.lines.filter((each) => each === line).length;
      // Both calls that ran have ended, and no other has started.
      assertEquals([count("start"), count("end"), count("signal")], [2, 2, 1], String(script.lines));
      if (what.includes("loop")) {
        assertEquals(script.lines.filter((line) => line.startsWith("got ")), ["got 0", "got 1"]);
      }
      if (what.includes("clean")) {
        assert(script.lines.includes("true Task was cancelled: SIGINT has told pool to drain"), String(script.lines));
        assert(script.lines.includes("clean"));
      }
    },
    { ignore: onWindows, deadline: 60_000 },
  );
}

test('drainOn("SIGINT"): a checkpoint is whole, and the next run does the rest', async () => {
  const folder = await Deno.makeTempDir({ prefix: "isopool-test-" });
  const file = `${folder}/run.jsonl`;
  const source = `
    const task = inline(async (n) => {
      console.log("start");
      await new Promise((resolve) => setTimeout(resolve, 100));
      return n * 2;
    });
    await using pool = new Pool(2);
    pool.drainOn("SIGINT");
    const items = Array.from({ length: 30 }, (_, n) => n);
    const doubled = await pool.map(task, items, { checkpoint: ${JSON.stringify(file)} });
    console.log(JSON.stringify(doubled));
  `;
  try {
    await using first = await Running.start(source);
    await first.printed("start", 5);
    first.kill("SIGINT");
    assertEquals((await first.ended()).code, 130);
    const started = first.lines.length;
    const recorded = (await Deno.readTextFile(file)).trimEnd().split("\n").map((line) => JSON.parse(line));
    // Each call that has started is recorded.
    assertEquals(recorded.filter((line) => "item" in line).length, started);
    await using second = await Running.start(source);
    assertEquals((await second.ended()).code, 0);
    assertEquals(JSON.parse(second.lines.at(-1)!), Array.from({ length: 30 }, (_, n) => 2 * n));
    assertEquals(second.lines.length - 1, 30 - started);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}, { ignore: onWindows, deadline: 60_000 });

test('drainOn("SIGINT"): the second signal ends the script at once, with exit code 130, whatever runs', async () => {
  await using script = await Running.start(`${TASK}
    const spin = inline((_) => { console.log("start"); for (;;); });
    await using pool = new Pool(1);
    pool.drainOn("SIGINT");
    await pool.map(spin, items());
  `);
  await script.printed("start");
  script.kill("SIGINT");
  await script.printed("signal");
  script.kill("SIGINT");
  const { code, signal, stderr } = await script.ended();
  assertEquals([code, signal, stderr], [130, null, ""]);
}, { ignore: onWindows, deadline: 60_000 });

test("drainOn(): after the pool's end the signal has its usual effect, and the script ends by itself", async () => {
  await using script = await Running.start(`
    { await using pool = new Pool(1); pool.drainOn("SIGINT"); await pool.submit(inline(() => 1)); }
    console.log("start");
    setTimeout(() => {}, 60_000);
  `);
  await script.printed("start");
  script.kill("SIGINT");
  assertEquals((await script.ended()).signal, "SIGINT");
  await using idle = await Running.start(`const pool = new Pool(1); pool.drainOn("SIGTERM"); await pool.ready();`);
  assertEquals((await idle.ended()).code, 0);
}, { ignore: onWindows, deadline: 60_000 });

test('drainOn("SIGTERM"): two pools drain, and the exit code is 143', async () => {
  await using script = await Running.start(`${TASK}
    await using one = new Pool(1);
    await using other = new Pool({ backend: "process", workers: 1 });
    for (const pool of [one, other]) pool.drainOn("SIGTERM");
    Deno.addSignalListener("SIGTERM", () => setTimeout(open, 50));
    const slow = inline(async (ms) => {
      console.log("slow");
      await new Promise((resolve) => setTimeout(resolve, ms));
      console.log("done");
    });
    const endless = function* () { for (;;) yield 500; };
    await Promise.all([one.map(task, items()), other.map(slow, endless())]);
  `);
  await script.printed("start");
  await script.printed("slow");
  script.kill("SIGTERM");
  const { code, stderr } = await script.ended();
  assertEquals([code, stderr], [143, ""]);
  assert(script.lines.includes("end") && script.lines.at(-1) === "done", String(script.lines));
}, { ignore: onWindows, deadline: 60_000 });

test("drainOn(): a bad signal is refused, and a closed pool refuses", async () => {
  const pool = new Pool({ backend: "async" });
  assertThrows(
    () => pool.drainOn("SIGKILL" as never),
    RangeError,
    '`signal` is "SIGKILL": it takes "SIGINT" | "SIGTERM"',
  );
  assertThrows(() => pool.drainOn(2 as never), TypeError, "`signal` is 2");
  await pool.shutdown();
  assertThrows(() => pool.drainOn("SIGINT"), Error, "pool is closed");
});
