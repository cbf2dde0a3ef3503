import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { inline, Pool, pooled, Results, TransferError } from "@isopool/isopool";
import type { ResultsSource } from "../../lib/future/results.ts";
import { within } from "../support/within.ts";

function source(values: number[]): ResultsSource<number> & { uses: string[] } {
  const uses: string[] = [];
  return {
    uses,
    collect: () => (uses.push("collect"), Promise.resolve(values)),
    async *iterate() {
      uses.push("iterate");
      yield* values;
    },
  };
}

Deno.test("awaiting Results collects, once", async () => {
  const made = source([1, 2]);
  assertEquals(await new Results(made), [1, 2]);
  assertEquals(made.uses, ["collect"]);
});

Deno.test("iterating Results streams, once", async () => {
  const made = source([1, 2]);
  assertEquals(await Array.fromAsync(new Results(made)), [1, 2]);
  assertEquals(made.uses, ["iterate"]);
});

Deno.test("Results do not start to read by themselves", () => {
  const made = source([1]);
  assertEquals([Object.prototype.toString.call(new Results(made)), made.uses], ["[object Results]", []]);
});

type Use = [string, (results: Results<number>) => unknown];
const uses: Use[] = [
  ["await", (results) => results.then()],
  ["catch", (results) => results.catch(() => 0)],
  ["finally", (results) => results.finally(() => {})],
  ["for await", (results) => Array.fromAsync(results)],
];
for (const [first, use] of uses) {
  for (const [second] of uses) {
    Deno.test(`Results: ${second} after ${first} is a TypeError`, async () => {
      const results = new Results(source([1]));
      await use(results);
      if (second === "for await") assertThrows(() => results[Symbol.asyncIterator](), TypeError, "consumed before");
      else if (second === "catch") {
        const error = await results.catch((thrown) => thrown) as unknown;
        assert(error instanceof TypeError && error.message.includes("keep the array"));
      } else if (second === "finally") {
        await assertRejects(() => results.finally(() => {}), TypeError, "consumed before");
      } else await assertRejects(async () => await results, TypeError, "consumed before");
    });
  }
}

Deno.test("then, catch and finally of Results behave as those of a promise", async () => {
  const failing = () =>
    new Results<number>({
      collect: () => Promise.reject(new RangeError("collect")),
      iterate: () => source([]).iterate(),
    });
  assertEquals(await new Results(source([1])).then((list) => list.length), 1);
  assertEquals(await failing().catch((error) => `${error}`) as unknown, "RangeError: collect");
  assertEquals(await failing().then(() => "no", () => "yes"), "yes");
  let ended = 0;
  await assertRejects(() => failing().finally(() => void ended++), RangeError);
  assertEquals(await new Results(source([7])).finally(() => void ended++), [7]);
  assertEquals([ended, await Promise.all([new Results(source([1])), 2])], [2, [[1], 2]] as unknown[]);
});

Deno.test("Results of a pool keep order, stream, and cancel when the loop is left", async () => {
  await using pool = new Pool({ backend: "async", workers: 2 });
  assertEquals(await pool.map((n: number) => n * 2, [1, 2, 3]), [2, 4, 6]);
  const seen: number[] = [];
  for await (const n of pool.map((n: number) => n * 2, [1, 2, 3])) seen.push(n);
  assertEquals(seen, [2, 4, 6]);
  let returned = false;
  const endless = function* () {
    try {
      for (let n = 0;; n++) yield n;
    } finally {
      returned = true;
    }
  };
  for await (const n of pool.map((n: number) => n, endless())) if (n === 5) break;
  assert(returned);
  assertEquals(await within(10_000, pool.submit(() => "goes on")), "goes on");
});

Deno.test("Results of a pool give the results before the failed item, then the failure", async () => {
  await using pool = new Pool({ backend: "async", workers: 4 });
  for (let failing = 0; failing < 6; failing++) {
    const seen: number[] = [];
    await assertRejects(
      async () => {
        const results = pool.map((n: number) => n === failing ? Promise.reject(new RangeError(`${n}`)) : n, [
          0,
          1,
          2,
          3,
          4,
          5,
        ]);
        for await (const n of results) seen.push(n);
      },
      RangeError,
      `${failing}`,
    );
    assertEquals(seen, Array.from({ length: failing }, (_, n) => n));
  }
});

Deno.test("Results of a pool: a map whose input never answers ends with its signal, and the pool drains", async () => {
  const pool = new Pool({ backend: "async", workers: 2 });
  const controller = new AbortController();
  const stuck: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({ next: () => new Promise<IteratorResult<number>>(() => {}) }),
  };
  const results = pool.map((n: number) => n, stuck, { signal: controller.signal });
  const outcome = results.catch((error) => error);
  controller.abort("enough");
  assertEquals(await within(10_000, outcome) as unknown, "enough");
  pool.close();
  const drained = await within(10_000, pool.join({ timeout: 5_000 }).then(() => "drained", (error) => error.name));
  await pool.terminate();
  assertEquals(drained, "drained");
});

Deno.test("a forgotten await: the console shows what is missing; a promise as input, item or argument is refused with it", async () => {
  await using pool = new Pool({ workers: 1 });
  const echo = inline((value: unknown) => value);
  const [results, future] = [pool.map(echo, [1]), pool.submit(echo, 1)];
  assertEquals(Deno.inspect(results), "Results (pending: await it, or read it with for await)");
  assertEquals(Deno.inspect(future), "Future (pending: await it)");
  await results;
  await future;
  assertEquals([results, future].map((each) => Deno.inspect(each)), [
    "Results (they were read)",
    "Future (finished: await it)",
  ]);
  const promise = Promise.resolve([1]) as unknown as number[];
  for (const map of [() => pool.map(echo, promise), () => pool.imap(echo, promise), () => pooled(promise, (n) => n)]) {
    const { message } = assertThrows(map, TypeError);
    assert(/^Cannot \w+.*: `items` is a promise: await it$/.test(message), message);
  }
  for (const call of [() => pool.map(echo, [promise]), () => pool.submit(echo, promise)]) {
    await assertRejects(
      async () => void await call(),
      TransferError,
      "Promise cannot be copied to another thread: await it",
    );
  }
});
