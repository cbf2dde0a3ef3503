/**
 * Code of a scoped worker that spins after an `await` cannot be stopped. Its task settles nevertheless, the library
 * prints a warning, and the script ends. Each test runs a script of its own, because only a process shows that it ends.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Scheduler } from "../../lib/scheduler/scheduler.ts";
import { launchWeb } from "../../lib/transport/web.ts";
import { checkPermissions } from "../../lib/pool/permissions.ts";
import { ListJob, setup } from "../scheduler/manual_worker.ts";
import { onLinux } from "../support/proc.ts";
import { fixture, runScript } from "../support/script.ts";
import { test, until, within } from "../support/within.ts";

const support = (name: string) => new URL(`../support/${name}`, import.meta.url).href;
const permissions = ["-A", "--unstable-worker-options"];

const HEAD = `
import { BrokenPoolError, Pool, tasks } from "@isopool/isopool";
import { Gate } from ${JSON.stringify(support("gate.ts"))};
import { load } from ${JSON.stringify(support("proc.ts"))};
const runaway = tasks(${JSON.stringify(fixture("runaway.ts"))});
const values = tasks(${JSON.stringify(fixture("values.ts"))});
const gate = new Gate();
const pool = new Pool({ workers: 1, permissions: "none", killGrace: 50 });
`;

/** Ways to abandon a task that cannot be stopped, and the error that it settles with. */
const WAYS: Record<string, [string, string]> = {
  "lateSpin and a timeout": ["pool.submit(runaway.lateSpin.with({ timeout: 100 }), gate.words)", "TaskTimeoutError"],
  "microtaskSpin and a timeout": [
    "pool.submit(runaway.microtaskSpin.with({ timeout: 100 }), gate.words)",
    "TaskTimeoutError",
  ],
  "atomicsWait and cancel()": [
    "(() => { const f = pool.submit(runaway.atomicsWait, gate.words); gate.entered().then(() => f.cancel()); return f; })()",
    "CancelledError",
  ],
  "spin and cancel()": [
    "(() => { const f = pool.submit(runaway.spin, gate.words); gate.entered().then(() => f.cancel()); return f; })()",
    "CancelledError",
  ],
  "spin and terminate()": [
    "(() => { const f = pool.submit(runaway.spin, gate.words); gate.entered().then(() => pool.terminate()); return f; })()",
    "CancelledError",
  ],
};

for (const [way, [submit, name]] of Object.entries(WAYS)) {
  test(
    `${way}: settles within killGrace + 1 s (bound: 5 s), one warning is printed, and the script ends by itself`,
    async () => {
      const { code, stdout, stderr, late } = await runScript(
        `${HEAD}
      const start = performance.now();
      const error = await ${submit}.then(() => undefined, (error) => error);
      console.log(JSON.stringify([error?.name, performance.now() - start < 5_000, gate.count]));`,
        { permissions },
      );
      assertEquals([code, late, stdout], [0, false, `["${name}",true,1]\n`]);
      const lines = stderr.trim().split("\n");
      assertEquals(lines.length, 1, stderr);
      assert(/^isopool: task "\w+" of file:\S+runaway\.ts did not stop/.test(lines[0]), lines[0]);
    },
    { deadline: 40_000 },
  );
}

test("a loop after an await that calls a wrapped function is ended, not abandoned, whatever it catches", async () => {
  const { code, stdout, stderr, late } = await runScript(
    `${HEAD}
    const scoped = tasks(${JSON.stringify(fixture("scoped.ts"))});
    await using _ = pool;
    const errors = [];
    for (let n = 0; n < 8; n++) errors.push((await pool.submit(scoped.inspectLater.with({ timeout: 50 })).exception()).name);
    console.log(new Set(errors), errors.length, await pool.submit(values.double, 4), await load(300) < 0.25);`,
    { permissions },
  );
  assertEquals([code, late, stdout, stderr], [0, false, 'Set(1) { "TaskTimeoutError" } 8 8 true\n', ""]);
}, { deadline: 40_000, ignore: !onLinux });

test("the pool goes on with a new worker, and draining it does not wait for the abandoned one", async () => {
  // load() is the share of a core that the process uses: the abandoned worker still spins.
  const { code, stdout, late } = await runScript(
    `${HEAD}
    {
      await using _ = pool;
      pool.submit(runaway.lateSpin.with({ timeout: 100 }), gate.words).catch(() => {});
      console.log(await pool.map(values.double, [1, 2, 3]));
    }
    console.log(pool.workerIds, await load(600) > 0.15);`,
    { permissions },
  );
  assertEquals([code, late, stdout], [0, false, "[ 2, 4, 6 ]\n[] true\n"]);
}, { deadline: 40_000, ignore: !onLinux });

test(
  "too many abandoned workers break the pool, with an error that names the cause and what to do instead",
  async () => {
    const { code, stdout, stderr, late } = await runScript(
      `${HEAD}
    const spins = Array.from({ length: 8 }, () => pool.submit(runaway.lateSpin.with({ timeout: 50 }), gate.words));
    const errors = await Promise.all(spins.map((future) => future.exception()));
    console.log(JSON.stringify(errors.map(({ name }) => name)));
    console.log(errors.at(-1).message);
    try { pool.submit(values.double, 1); } catch (error) { console.log(error.name, error.cause.message === errors.at(-1).message); }
    console.log(gate.count);`,
      { permissions, deadline: 60_000 },
    );
    assertEquals([code, late], [0, false]);
    const [names, message, after, ran] = stdout.trim().split("\n");
    // The fifth abandoned worker breaks the pool. Up to two more calls may time out until then.
    const stopped = JSON.parse(names).filter((name: string) => name === "TaskTimeoutError").length;
    assert(stopped >= 5 && stopped < 8, names);
    assertEquals(
      JSON.parse(names),
      Array.from({ length: 8 }, (_, n) => n < stopped ? "TaskTimeoutError" : "BrokenPoolError"),
    );
    assertMatch(message, /[567] of its workers could not be stopped/);
    assertStringIncludes(message, 'processes (backend "process")');
    assertEquals(after, "BrokenPoolError true");
    assert(Number(ran) >= 5 && Number(ran) <= stopped, ran);
    assertEquals(stderr.trim().split("\n").length, 1, stderr);
  },
  { deadline: 80_000 },
);

test("an abandoned worker is no longer counted when its task has ended", async () => {
  const url = fixture("scoped.ts");
  const scope = checkPermissions("create pool", "none")!;
  const scheduler = new Scheduler({
    launch: launchWeb({ ...setup(1), permissions: scope, modules: () => [url] }),
    workers: 1,
    killGrace: 10,
  });
  const { warn } = console;
  console.warn = () => {};
  try {
    const task = scheduler.tasks.named({ url, name: "busyLater" });
    const job = new ListJob(scheduler, task, [2_500], 50);
    await until(() => !job.unfinished, "the task settles");
    assertEquals([job.outcomes, scheduler.abandoned.living], [["rejected"], 1]);
    await until(() => scheduler.abandoned.living === 0, "it is no longer counted");
  } finally {
    console.warn = warn;
    await within(10_000, scheduler.terminate());
  }
});

test("a worker that is stopped while it starts is not taken for an abandoned one", async () => {
  const { code, stdout, stderr, late } = await runScript(
    `${HEAD}
    const others = Array.from({ length: 10 }, () => new Pool({ workers: 2, permissions: "none" }));
    for (const other of others) other.ready().catch(() => {});
    await Promise.resolve();
    await Promise.all(others.map((other) => other.terminate()));
    console.log("ended");`,
    { permissions },
  );
  assertEquals([code, late, stdout, stderr], [0, false, "ended\n", ""]);
}, { deadline: 40_000 });
