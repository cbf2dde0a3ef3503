import { assert, assertEquals, assertRejects } from "@std/assert";
import { activeWorkers, inline, map, shutdownDefaultPool } from "@isopool/isopool";
import { runScript } from "../support/script.ts";
import { MUST_HAPPEN, test, within } from "../support/within.ts";

const double = inline((n: number) => n * 2);

// The sanitizers of these tests report what is left behind.
for (const round of ["the first", "another"]) {
  test(`map() and shutdownDefaultPool() leave no worker and nothing for the sanitizers: ${round} default pool`, async () => {
    assertEquals(await within(MUST_HAPPEN, map(double, [1, 2, 3])), [2, 4, 6]);
    assert(activeWorkers() > 0);
    await within(MUST_HAPPEN, shutdownDefaultPool());
    assertEquals(activeWorkers(), 0);
  });
}

test("shutdownDefaultPool() waits for maps that run, takes the options of shutdown(), and may be called at any time", async () => {
  await shutdownDefaultPool();
  const results = map(inline((n: number) => new Promise<number>((resolve) => setTimeout(resolve, 20, n))), [1, 2]);
  await within(MUST_HAPPEN, shutdownDefaultPool());
  assertEquals(await results, [1, 2]);
  await shutdownDefaultPool();
  const endless = map(inline(() => new Promise(() => {})), [1]);
  await within(MUST_HAPPEN, shutdownDefaultPool({ timeout: 10 }));
  await assertRejects(async () => await endless);
  assertEquals(activeWorkers(), 0);
});

test("map() without a pool: a refusal shows the caller's line (within 60 s)", async () => {
  const { code, stderr } = await runScript(
    `import { inline, map } from "@isopool/isopool";
     map(inline((n) => n), 3); // HERE`,
    { deadline: 60_000 },
  );
  assertEquals(code, 1);
  assert(/Cannot map: `items` is 3.*\n.*HERE/.test(stderr), stderr);
}, { deadline: 70_000 });
