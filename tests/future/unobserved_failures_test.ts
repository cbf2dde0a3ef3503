import { assert, assertEquals } from "@std/assert";
import { asCompleted, Pool, wait } from "@isopool/isopool";
import { turn } from "../core/within.ts";

type AsyncPool = Pool<"async">;

/** Runs something with a pool, lets the pool end, and returns what was reported as unhandled, and when. */
async function reportedBy(use: (pool: AsyncPool) => unknown): Promise<{ before: unknown[]; after: unknown[] }> {
  const reported: unknown[] = [];
  const listen = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    reported.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", listen);
  try {
    const pool = new Pool({ backend: "async", workers: 2 });
    await use(pool);
    for (let i = 0; i < 5; i++) await turn();
    const before = [...reported];
    pool.close();
    await pool.join();
    for (let i = 0; i < 5; i++) await turn();
    return { before, after: reported.slice(before.length) };
  } finally {
    globalThis.removeEventListener("unhandledrejection", listen);
  }
}

const fail = (pool: AsyncPool, reason = "forgotten") => pool.submit(() => Promise.reject(reason));

Deno.test("an unobserved failure is reported once, when its pool has drained", async () => {
  assertEquals(await reportedBy((pool) => void fail(pool)), { before: [], after: ["forgotten"] });
});

const looks: [string, (pool: AsyncPool) => unknown][] = [
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
for (const [what, use] of looks) {
  Deno.test(`an observed failure is never reported: ${what}`, async () => {
    assertEquals(await reportedBy(use), { before: [], after: [] });
  });
}

Deno.test("futures may be awaited one after another while later ones fail", async () => {
  const { before, after } = await reportedBy(async (pool) => {
    const futures = [3, 2, 1, 0].map((turns) =>
      pool.submit(async () => {
        for (let i = 0; i < turns; i++) await turn();
        throw turns;
      })
    );
    const caught: unknown[] = [];
    for (const future of futures) {
      try {
        await future;
      } catch (error) {
        caught.push(error);
      }
    }
    assertEquals(caught, [3, 2, 1, 0]);
  });
  assertEquals([...before, ...after], []);
});

Deno.test("an unobserved cancelled or successful future is not reported", async () => {
  const reported = await reportedBy((pool) => {
    pool.submit(() => new Promise(() => {})).cancel();
    pool.submit(() => 1);
  });
  assertEquals(reported, { before: [], after: [] });
});

Deno.test("a map that failed and was never read is reported once", async () => {
  const reported = await reportedBy((pool) => void pool.map((n) => Promise.reject(`item ${n}`), [1]));
  assertEquals(reported, { before: [], after: ["item 1"] });
});

async function script(body: string): Promise<{ code: number; out: string; err: string }> {
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(path, `import { Pool, pooled } from "@isopool/isopool";\n${body}`);
    const map = new URL("../../npm.import_map.json", import.meta.url).pathname;
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", `--import-map=${map}`, "-A", path],
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1" },
      signal: AbortSignal.timeout(60_000),
    });
    const { code, stdout, stderr } = await command.output();
    return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(path);
  }
}

const scripts: [string, string, number][] = [
  [
    "a forgotten failure in a pool that was never closed ends the script with code 1",
    `const pool = new Pool({ backend: "async" }); pool.submit(() => { throw new Error("forgotten one") });`,
    1,
  ],
  [
    "a forgotten failure of a worker ends the script with code 1",
    `import { inline } from "@isopool/isopool";
     const pool = new Pool(1); pool.submit(inline(() => { throw new Error("forgotten one") }));`,
    1,
  ],
  [
    "a failure that was looked at leaves the exit code alone",
    `const pool = new Pool({ backend: "async" });
     try { await pool.submit(() => { throw new Error("forgotten one") }) } catch {} console.log("fine");`,
    0,
  ],
  [
    "results of pooled() that failed and were never read end the script with code 1",
    `pooled([1], () => { throw new Error("forgotten one") });`,
    1,
  ],
  [
    "a forgotten failure can be taken by an unhandledrejection listener",
    `addEventListener("unhandledrejection", (event) => { event.preventDefault(); console.log("took", event.reason.message) });
     new Pool({ backend: "async" }).submit(() => { throw new Error("one") });`,
    0,
  ],
];
for (const [what, body, expected] of scripts) {
  Deno.test(`at the end of a script, ${what} (within 60 s)`, async () => {
    const { code, out, err } = await script(body);
    assertEquals(code, expected, `${out}\n${err}`);
    if (expected === 1) assertEquals(err.split("forgotten one").length - 1 >= 1, true, err);
    else assert(out.includes("fine") || out.includes("took one"), out);
  });
}
