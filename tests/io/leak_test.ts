import { assert, assertEquals } from "@std/assert";
import { pooled } from "@isopool/isopool";
import { countListeners } from "../support/count_listeners.ts";
import { runScript } from "../support/script.ts";
import { test, until } from "../support/within.ts";
import { outcomeOf, retries, runTurns } from "./kit.ts";

const MANY = 100_000;

function* count(to: number): Generator<number> {
  for (let n = 0; n < to; n++) yield n;
}

test("pooled({ signal }): 100,000 items put one listener on the caller's signal, and leave none", async () => {
  const { signal } = new AbortController();
  const listeners = countListeners(signal);
  let heard = 0;
  const results = pooled(count(MANY), async (n, context) => {
    // Never taken off: it goes with the attempt.
    context.signal.addEventListener("abort", () => heard++);
    return await n;
  }, { signal });
  let sum = 0;
  for await (const n of results) sum += n;
  assertEquals([sum, listeners.max, listeners.now, heard], [MANY * (MANY - 1) / 2, 1, 0, 0]);
});

test("pooled({ signal, timeout, retry, rate }): 20,000 items with every option put one listener on the signal, and leave none", async () => {
  const { signal } = new AbortController();
  const listeners = countListeners(signal);
  const results = await pooled(count(20_000), async (n, { attempt }) => {
    if (attempt === 1 && n % 100 === 0) throw new Error("again");
    return await n;
  }, { signal, timeout: 60_000, retry: retries(1), rate: { limit: MANY, interval: 1_000 }, concurrency: 100 });
  // Timers that are left would be seen by the sanitizer.
  assertEquals([results.length, listeners.max, listeners.now], [20_000, 1, 0]);
});

test("pooled(): an ordered stream stays within its buffer behind a slow item, and does not keep 100,000 results", async () => {
  const gate = Promise.withResolvers<void>();
  let read = 0;
  const input = function* () {
    for (; read < MANY;) yield read++;
  };
  const results = pooled(input(), async (n) => {
    if (n === 0) await gate.promise;
    // 10 KB each: a gigabyte, if they stayed.
    return new Uint8Array(10_000).fill(n);
  }, { concurrency: 4, buffer: 8 });
  const stream = results[Symbol.asyncIterator]();
  const first = stream.next();
  await runTurns();
  assertEquals(read, 12);
  gate.resolve();
  await first;
  let most = 0, ahead = 0, taken = 1;
  for await (const _ of stream) {
    ahead = Math.max(ahead, read - ++taken);
    if (taken % 1_000 === 0) most = Math.max(most, external());
  }
  assertEquals(taken, MANY);
  assert(ahead <= 12, `${ahead} items were read ahead`);
  assert(most < 500e6, `${most} bytes of results were alive`);
});

test("pooled(): an unread endless input stops at concurrency + buffer, sync and async, with every option", async () => {
  for (const isAsync of [false, true]) {
    for (const options of [{}, { timeout: 1_000, retry: retries(1), rate: { limit: 1_000, interval: 1 } }]) {
      let read = 0;
      const plain = function* () {
        for (;;) yield read++;
      };
      const lazy = async function* () {
        for (;;) yield await Promise.resolve(read++);
      };
      const controller = new AbortController();
      const results = pooled<number, number>(isAsync ? lazy() : plain(), (n) => n, {
        concurrency: 3,
        buffer: 5,
        signal: controller.signal,
        ...options,
      });
      await until(() => read === 8, "it has read what there is room for");
      await runTurns();
      assertEquals(read, 8);
      controller.abort("enough");
      assertEquals(await outcomeOf(results), "enough");
    }
  }
});

test("pooled() and limit() cause no unhandled rejection, with any failure, and let the script end", async () => {
  const { code, stdout, stderr, late } = await runScript(
    `
import { limit, pooled } from "@isopool/isopool";
let unhandled = 0;
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  unhandled++;
  console.log("unhandled", event.reason);
});
const swallow = (promise) => promise.then(() => {}, () => {});
const boom = () => Promise.reject(new Error("boom"));
const sync = function* (n) { for (let i = 0; i < n; i++) yield i; throw new Error("input"); };
const async = async function* (n) { for (let i = 0; i < n; i++) yield i; throw new Error("input"); };
const never = () => new Promise(() => {});
const late = () => new Promise((_, reject) => setTimeout(() => reject(new Error("late")), 30));
const every = { timeout: 10, retry: { maxAttempts: 2, minTimeout: 1 }, rate: { limit: 3, interval: 5, strict: true } };
for (const options of [{}, every, { ...every, onError: "settle" }, { ...every, onError: "aggregate" }]) {
  for (const fn of [boom, late, (n) => n, () => { throw 1; }, (n) => n % 2 ? boom() : late()]) {
    for (const input of [() => [1, 2, 3], () => sync(2), () => async(2), () => sync(0), () => async(0)]) {
      await swallow(pooled(input(), fn, options));
      const left = async () => { for await (const _ of pooled(input(), fn, options)) break; };
      await swallow(left());
      await swallow(pooled(input(), fn, { ...options, signal: AbortSignal.timeout(3) }));
      await swallow(pooled(input(), fn, { ...options, signal: AbortSignal.abort() }));
    }
  }
}
for (const options of [1, { ...every, concurrency: 2 }]) {
  const run = limit(options);
  const calls = [boom, late, boom, () => { throw 1; }, late, boom].map((fn) => swallow(run(fn)));
  await new Promise((resolve) => setTimeout(resolve, 5));
  run.clear();
  await Promise.all(calls);
  await run.idle();
}
await swallow(pooled([1], never, { timeout: 5 }));
await new Promise((resolve) => setTimeout(resolve, 50));
console.log("done", unhandled);
`,
    { deadline: 60_000 },
  );
  assertEquals([code, late, stderr, stdout], [0, false, "", "done 0\n"]);
});

test("pooled(): an unread failure is reported once, when the script ends", async () => {
  const { code, stderr } = await runScript(`
import { pooled } from "@isopool/isopool";
pooled([1], () => Promise.reject(new Error("an unread failure")), { timeout: 1_000, retry: 1 });
`);
  assertEquals([code, stderr.match(/Uncaught.*an unread failure/g)?.length], [1, 1], stderr);
});

function external(): number {
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}
