import { assert, assertEquals } from "@std/assert";
import { asCompleted, Pool, wait } from "@isopool/isopool";
import { turn } from "../support/within.ts";
import { runScript } from "../support/script.ts";

type AsyncPool = Pool<"async">;

const fail = (pool: AsyncPool, reason = "forgotten") => pool.submit(() => Promise.reject(reason));

/** Runs something with a pool, and returns the number of its failures that no code has observed, after all calls. */
async function unobservedAfter(use: (pool: AsyncPool) => unknown): Promise<number> {
  const pool = new Pool({ backend: "async", workers: 2 });
  await use(pool);
  await pool.shutdown();
  return pool.stats().tasks.unobserved;
}

const observations: [string, (pool: AsyncPool) => unknown][] = [
  ["await", (pool) => fail(pool).then(() => {}, () => {})],
  ["catch", (pool) => fail(pool).catch(() => {})],
  ["finally", (pool) => fail(pool).finally(() => {}).catch(() => {})],
  ["result()", (pool) => fail(pool).result().catch(() => {})],
  ["exception()", (pool) => fail(pool).exception()],
  ["addDoneCallback()", (pool) => fail(pool).addDoneCallback(() => {})],
  ["wait()", (pool) => wait([fail(pool)])],
  ["asCompleted()", (pool) => Array.fromAsync(asCompleted([fail(pool)]))],
  ["await after the failure", async (pool) => {
    const future = fail(pool);
    while (!future.done) await turn();
    await future.catch(() => {});
  }],
  ["map, awaited", (pool) => pool.map(() => Promise.reject("m"), [1, 2]).catch(() => {})],
];
for (const [what, use] of observations) {
  Deno.test(`stats().tasks.unobserved does not count an observed failure: ${what}`, async () => {
    assertEquals(await unobservedAfter(use), 0);
  });
}

Deno.test("stats().tasks.unobserved does not count cancelled and successful futures", async () => {
  const count = await unobservedAfter((pool) => {
    pool.submit(() => new Promise(() => {})).cancel();
    pool.submit(() => 1);
  });
  assertEquals(count, 0);
});

Deno.test("stats().tasks.unobserved counts failures of futures and unread maps until they are observed", async () => {
  const pool = new Pool({ backend: "async", workers: 2 });
  const future = fail(pool);
  const results = pool.map((n) => Promise.reject(`item ${n}`), [1, 2]);
  await pool.shutdown();
  assertEquals(pool.stats().tasks.unobserved, 2);
  await future.catch(() => {});
  assertEquals(pool.stats().tasks.unobserved, 1);
  await results.catch(() => {});
  assertEquals(pool.stats().tasks.unobserved, 0);
});

const HEAD = `
  import { inline, Pool, pooled } from "@isopool/isopool";
  const boom = inline(function boom(n) { throw new Error("forgotten " + n); });
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
`;

interface Expected {
  code: number;
  stdout?: string;
  /** Texts, and how often each is in stderr. */
  stderr?: Record<string, number>;
}

/** Scripts, and how they end. Times are sleeps because they test time: 5 s pass before a failure is printed. */
const scripts: [string, string, Expected][] = [
  [
    "a forgotten failure in a pool that was never closed ends the script with code 1",
    `const pool = new Pool({ backend: "async" }); pool.submit(() => { throw new Error("forgotten 1") });`,
    { code: 1, stderr: { "Error: forgotten 1": 1 } },
  ],
  [
    "a forgotten failure of a worker ends the script with code 1, also when its pool was closed",
    `{ await using pool = new Pool(1); pool.submit(boom, 1); } console.log("went on");`,
    { code: 1, stdout: "went on\n", stderr: { "Error: forgotten 1": 1 } },
  ],
  [
    "all of several forgotten failures are printed",
    `const pool = new Pool(1); for (const n of [1, 2, 3]) pool.submit(boom, n);`,
    {
      code: 1,
      stderr: { "Error: forgotten 1": 1, "Error: forgotten 2": 1, "Error: forgotten 3": 1, "isopool: task": 2 },
    },
  ],
  [
    "a failure that was observed leaves the exit code alone",
    `const pool = new Pool(1); try { await pool.submit(boom, 1) } catch {} console.log("fine");`,
    { code: 0, stdout: "fine\n", stderr: { "no code has handled": 0 } },
  ],
  [
    "results of pooled() that failed and were never read end the script with code 1",
    `pooled([1], () => { throw new Error("forgotten 1") });`,
    { code: 1, stderr: { "Error: forgotten 1": 1 } },
  ],
  [
    "an unhandledrejection listener takes forgotten failures",
    `addEventListener("unhandledrejection", (event) => { event.preventDefault(); console.log(event.reason.message) });
     const pool = new Pool({ backend: "async" });
     for (const n of [1, 2]) pool.submit(() => { throw new Error("forgotten " + n) });`,
    { code: 0, stdout: "forgotten 1\nforgotten 2\n", stderr: { "no code has handled": 0 } },
  ],
  [
    "futures of a pool that was closed may be awaited one after another",
    `const pool = new Pool(2);
     const futures = [1, 2, 3].map((n) => pool.submit(boom, n));
     await pool.shutdown();
     for (const future of futures) { try { await future } catch (error) { console.log(error.message) } await sleep(20) }`,
    { code: 0, stdout: "forgotten 1\nforgotten 2\nforgotten 3\n", stderr: { "no code has handled": 0 } },
  ],
  [
    "futures of a pool that breaks may be awaited one after another",
    `const pool = new Pool({ workers: 1, initializer: inline(() => { throw new Error("no") }) });
     const futures = [1, 2, 3].map((n) => pool.submit(boom, n));
     for (const future of futures) { try { await future } catch (error) { console.log(error.name) } await sleep(20) }`,
    { code: 0, stdout: "BrokenPoolError\n".repeat(3), stderr: { "no code has handled": 0 } },
  ],
  [
    "a failure is printed after 5 s, once, with its task and its line, and may be handled later",
    `const pool = new Pool(1);
     const future = pool.submit(boom, 1);
     await sleep(14_000);
     console.log(pool.stats().tasks.unobserved);
     await future.catch(() => console.log("handled", pool.stats().tasks.unobserved));`,
    {
      code: 0,
      stdout: "1\nhandled 0\n",
      stderr: { "isopool: task `function boom(n)": 1, "Error: forgotten 1": 1, "main.ts:7:": 1 },
    },
  ],
  [
    "a failure that nobody has handled is printed when Deno.exit() ends the script",
    `const pool = new Pool({ backend: "async" });
     pool.submit(() => { throw new Error("forgotten 1") });
     while (pool.stats().tasks.failed === 0) await sleep(1);
     Deno.exit(3);`,
    { code: 3, stderr: { "Error: forgotten 1": 1 } },
  ],
  [
    "of 300 failures at a time 10 are printed in full, 100 are kept for the end, and the others are counted",
    `const pool = new Pool({ backend: "async" });
     for (let n = 0; n < 300; n++) pool.submit(() => { throw new Error("forgotten " + n) });
     await sleep(7_000);
     console.log(pool.stats().tasks.unobserved);
     let rejections = 0;
     addEventListener("unhandledrejection", (event) => {
       event.preventDefault();
       if (++rejections === 101) console.log(event.reason.message);
     });`,
    {
      code: 0,
      stdout: "300\nOther failures that no code has handled (200): await each future and all results, or attach a " +
        "handler\n",
      stderr: { "Error: forgotten": 10, "isopool: 290 more failures": 1 },
    },
  ],
  [
    "failures that were counted and reported at the end are observed after that: the next failure is reported all the same",
    `const pool = new Pool({ backend: "async" });
     const futures = Array.from({ length: 105 }, (_, n) => pool.submit(() => { throw new Error("forgotten " + n) }));
     await sleep(7_000);
     let rejections = 0;
     addEventListener("unhandledrejection", (event) => {
       event.preventDefault();
       rejections++;
       // 100 failures, and the number of the others.
       if (rejections === 101) {
         console.log("unobserved:", pool.stats().tasks.unobserved);
         for (const future of futures) future.catch(() => {});
         console.log("unobserved:", pool.stats().tasks.unobserved);
         pool.submit(() => { throw new Error("the next one") });
       }
       if (rejections > 101) console.log(event.reason.message);
     });`,
    { code: 0, stdout: "unobserved: 0\nunobserved: 0\nthe next one\n" },
  ],
];
for (const cancel of ["terminate()", "shutdown({ cancelFutures: true })"]) {
  scripts.push([
    `an unread map, stream or imap is no failure after ${cancel}`,
    `const pool = new Pool(2);
     const slow = inline(() => new Promise(() => {}));
     pool.map(slow, [1, 2, 3], { chunkSize: 1 });
     pool.map(slow, [1, 2, 3], { onError: "settle" });
     const never = inline(() => {});
     void pool.imap(never, [1]);
     void pool.stream(inline(function* () {}));
     const blocker = pool.submit(slow);
     while (pool.stats().tasks.active < 2) await sleep(1);
     ${cancel === "terminate()" ? "" : "setTimeout(() => pool.terminate(), 50);"}
     await pool.${cancel};
     console.log(blocker.state, pool.stats().tasks.unobserved);`,
    { code: 0, stdout: "cancelled 0\n", stderr: { "no code has handled": 0 } },
  ]);
}
scripts.push([
  "an unread map or pooled() whose own signal aborts is no failure",
  `const controller = new AbortController();
   const pool = new Pool({ backend: "async", killGrace: 10 });
   pool.map(() => new Promise(() => {}), [1, 2], { signal: controller.signal });
   pooled([1], (_, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", reject)), {
     signal: controller.signal,
   });
   await sleep(1);
   controller.abort();
   await pool.shutdown();
   console.log(pool.stats().tasks.unobserved);`,
  { code: 0, stdout: "0\n", stderr: { "no code has handled": 0 } },
]);

for (const [what, body, expected] of scripts) {
  Deno.test(`script: ${what} (within 60 s)`, async () => {
    const { code, stdout, stderr, late } = await runScript(`${HEAD}\n${body}`, { deadline: 60_000 });
    assert(!late, stderr);
    assertEquals(code, expected.code, `${stdout}\n${stderr}`);
    if (expected.stdout !== undefined) assertEquals(stdout, expected.stdout, stderr);
    for (const [text, count] of Object.entries(expected.stderr ?? {})) {
      assertEquals(stderr.split(text).length - 1, count, `${text}\n${stderr}`);
    }
  });
}
