/**
 * The pool frees arguments, results and reasons once they are settled and read, in the host and in the workers, on both
 * backends; and a streamed map leaves nothing behind. The tests call `gc()`, so they run in processes of their own.
 */
import { assert, assertEquals } from "@std/assert";
import { test } from "../support/within.ts";
import { rounds } from "../support/rounds.ts";

const ROOT = new URL("../../", import.meta.url);
const HEAD = `
import { inline, Pool } from ${JSON.stringify(new URL("mod.ts", ROOT).href)};
const gc = () => (globalThis as unknown as { gc(): void }).gc();
/** Waits one turn of the event loop, in which weak references are cleared, then collects. */
async function collect(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1));
  gc();
}
/** Collects until the condition holds; returns whether it did within 10 s. */
async function collectUntil(condition: () => boolean | Promise<boolean>): Promise<boolean> {
  for (const end = performance.now() + 10_000; performance.now() < end;) {
    await collect();
    if (await condition()) return true;
  }
  return false;
}
`;

/** Runs a script that may call `gc()`, and returns the JSON that it wrote. */
async function run(body: string): Promise<unknown> {
  const script = await Deno.makeTempFile({ prefix: "isopool-test-", suffix: ".ts" });
  try {
    await Deno.writeTextFile(script, HEAD + body);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-check",
        "--no-lock",
        "--v8-flags=--expose-gc",
        "--import-map=npm.import_map.json",
        "-A",
        script,
      ],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
      signal: AbortSignal.timeout(60_000),
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assertEquals(code, 0, text(stderr));
    return JSON.parse(text(stdout));
  } finally {
    await Deno.remove(script);
  }
}

/** Bodies of \`use(pool, watch)\`: the arguments of \`watch\` must become collectable while the pool lives on. */
const USES: Record<string, string> = {
  "submit()": `
    const argument = watch("argument", { n: 1 });
    const future = watch("future", pool.submit(next, argument));
    const result = watch("result", await future);
    if (result.n !== 2) throw new Error("wrong result");`,
  "submit() of a call that fails": `
    const argument = watch("argument", { n: 1 });
    const future = watch("future", pool.submit(fail, argument));
    const reason = watch("reason", await future.exception() as object);
    if (!(reason instanceof RangeError)) throw new Error("wrong reason");`,
  "submit() of a call that is cancelled while it waits": `
    const first = pool.submit(next, { n: 1 });
    const argument = watch("argument", { n: 2 });
    const future = watch("future", pool.submit(next, argument));
    if (!future.cancel()) throw new Error("not cancelled");
    watch("reason", await future.then(() => undefined, (reason) => reason) as object);
    await first;`,
  "map()": `
    const items = watch("items", Array.from({ length: 100 }, (_, n) => watch("item", { n })));
    const results = watch("results", await pool.map(next, items));
    results.forEach((result: { n: number }) => watch("result", result));
    if (results.length !== 100 || results[99].n !== 100) throw new Error("wrong results");`,
  "map(), streamed": `
    function* items() {
      for (let n = 0; n < 100; n++) yield watch("item", { n });
    }
    let count = 0;
    for await (const result of watch("map", pool.map(next, items()))) {
      watch("result", result);
      count++;
    }
    if (count !== 100) throw new Error("wrong results");`,
  "map(), streamed and left early": `
    function* items() {
      for (let n = 0;; n++) yield watch("item", { n });
    }
    for await (const result of watch("map", pool.map(next, items()))) {
      watch("result", result);
      if (result.n === 50) break;
    }`,
};

for (const backend of ["worker", "async"]) {
  for (const [what, use] of Object.entries(USES)) {
    test(`on "${backend}", values of ${what} are collectable once settled and read (within 10 s)`, async () => {
      const held = await run(`
        const next = inline((value: { n: number }) => ({ n: value.n + 1 }));
        const fail = inline((value: { n: number }): never => {
          throw new RangeError("failed: " + value.n);
        });
        const watched: { kind: string; ref: WeakRef<object> }[] = [];
        let finalized = 0;
        const registry = new FinalizationRegistry(() => finalized++);
        function watch<T extends object>(kind: string, value: T): T {
          watched.push({ kind, ref: new WeakRef(value) });
          registry.register(value, undefined);
          return value;
        }
        async function use(pool: Pool): Promise<void> {${use}
        }
        const pool = new Pool({ workers: 1, backend: ${JSON.stringify(backend)} });
        await use(pool);
        await collectUntil(() => finalized === watched.length);
        const held = watched.filter(({ ref }) => ref.deref()).map(({ kind }) => kind);
        // The pool was alive all the time.
        const { n } = await pool.submit(next, { n: 1 });
        console.log(JSON.stringify({ held, some: watched.length > 0, missing: watched.length - finalized, n }));
        await pool.close();
      `);
      assertEquals(held, { held: [], some: true, missing: 0, n: 2 });
    }, { deadline: 70_000 });
  }
}

test("a worker frees the arguments and results of answered calls (within 10 s)", async () => {
  const counts = await run(`
    interface Watch { watched?: number; finalized?: number; registry?: FinalizationRegistry<undefined> }
    const remember = inline((value: { n: number }) => {
      const self = globalThis as unknown as Watch;
      self.registry ??= new FinalizationRegistry(() => self.finalized = (self.finalized ?? 0) + 1);
      const result = { n: value.n + 1 };
      for (const object of [value, result]) {
        self.registry.register(object, undefined);
        self.watched = (self.watched ?? 0) + 1;
      }
      return result;
    });
    const look = inline(() => {
      (globalThis as unknown as { gc(): void }).gc();
      const { watched, finalized } = globalThis as unknown as Watch;
      return [watched, finalized ?? 0];
    });
    const pool = new Pool(1);
    await pool.submit(remember, { n: 0 });
    await pool.map(remember, Array.from({ length: 99 }, (_, n) => ({ n })));
    let counts: unknown[] = [];
    await collectUntil(async () => (counts = await pool.submit(look))[0] === counts[1]);
    console.log(JSON.stringify(counts));
    await pool.close();
  `);
  assertEquals(counts, [200, 200]);
}, { deadline: 70_000 });

const LENGTH = rounds(100_000, 300_000);
/** Characters of each item and of each result. All of them together would be 100 MB at least. */
const WIDTH = 512;
const MB = 2 ** 20;
const HEAP = 8 * MB;

for (const backend of ["worker", "async"]) {
  test(`on "${backend}", a streamed map of ${LENGTH} items holds no more at its end than at its start`, async () => {
    const { start, end, after, count, most } = await run(`
      const mark = inline((text: string) => text.slice(1) + "!");
      let taken = 0;
      function* items(length: number) {
        for (let n = 0; n < length; n++, taken++) yield String(n).padStart(${WIDTH}, "-");
      }
      async function measure() {
        for (let i = 0; i < 3; i++) await collect();
        const { heapUsed, rss } = Deno.memoryUsage();
        return { heapUsed, rss };
      }
      const pool = new Pool({ workers: 2, backend: ${JSON.stringify(backend)} });
      let end;
      let count = 0;
      // How many were taken from the input and not yet given out.
      let most = 0;
      // Code, workers and buffers have their size before the measured stream begins.
      for await (const _ of pool.map(mark, items(${LENGTH / 10})));
      const start = await measure();
      taken = 0;
      for await (const text of pool.map(mark, items(${LENGTH}))) {
        if (!text.endsWith(count + "!")) throw new Error("wrong result");
        count++;
        most = Math.max(most, taken - count);
        // At the last item the map itself still lives. No pause before: a map does not wait for its reader.
        if (count === ${LENGTH}) end = await measure();
      }
      const after = await measure();
      console.log(JSON.stringify({ start, end, after, count, most }));
      await pool.close();
    `) as Record<"start" | "end" | "after", { heapUsed: number; rss: number }> & { count: number; most: number };
    const show = JSON.stringify({ start, end, after, most });
    assertEquals(count, LENGTH);
    assert(end.heapUsed - start.heapUsed < HEAP, `the heap grew within the stream: ${show}`);
    assert(after.heapUsed - start.heapUsed < HEAP, `the heap grew over the stream: ${show}`);
  }, { deadline: 90_000 });
}
