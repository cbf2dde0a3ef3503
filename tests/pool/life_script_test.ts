/** What keeps a script alive, and what does not: each test runs a script and waits for its end. */
import { assert, assertEquals } from "@std/assert";
import { fixture, runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

const support = (name: string) => JSON.stringify(new URL(`../support/${name}`, import.meta.url).href);
const HEAD = `
import { Pool, tasks } from "@isopool/isopool";
import { StepLog } from ${support("steps.ts")};
import { until } from ${support("within.ts")};
const values = tasks(${JSON.stringify(fixture("values.ts"))});
const hooks = tasks(${JSON.stringify(fixture("hooks.ts"))});
const log = new StepLog();
globalThis.addEventListener("unload", () => console.log("run", log.read("RUN"), "ended", log.read("ENDED")));
`;

interface Case {
  says: string;
  script: (make: (options: string) => string) => string;
  code?: number;
  stdout: string;
  stderr?: string;
}

const CASES: Case[] = [
  {
    says: "minWorkers never keep the script alive",
    script: (make) => `const pool = ${make("workers: 3, minWorkers: 2")}; await pool.submit(hooks.work, log.words);`,
    stdout: "run 1 ended 0\n",
  },
  {
    says: "minWorkers that were never used do not keep the script alive",
    script: (make) => `${make("workers: 3, minWorkers: 3, idleTimeout: 60_000")};`,
    stdout: "run 0 ended 0\n",
  },
  {
    says: "workers that wait for their idleTimeout do not keep the script alive",
    script: (make) => `
      const pool = ${make("workers: 2, idleTimeout: 3_600_000")};
      await pool.map(hooks.work, [log.words, log.words]);`,
    stdout: "run 2 ended 0\n",
  },
  {
    says: "an initializer that waits for ever in a pool without work does not keep the script alive",
    script: (make) => `${make("workers: 1, minWorkers: 1, initializer: hooks.beginForever, initArgs: [log.words]")};`,
    stdout: "run 0 ended 0\n",
  },
  {
    says: "a paused pool with work that waits does not keep the script alive",
    script: (make) => `
      const pool = ${make("workers: 1")};
      await pool.ready();
      pool.pause();
      pool.submit(hooks.work, log.words);
      pool.map(hooks.work, [log.words]);`,
    stdout: "run 0 ended 0\n",
  },
  {
    says: "a paused pool keeps the script alive until what runs has ended, and no longer",
    script: (make) => `
      const pool = ${make("workers: 1")};
      const first = pool.submit(hooks.work, log.words, 200);
      first.addDoneCallback(() => console.log("first"));
      await until(() => log.read("RUN") === 1, "it runs");
      pool.pause();
      pool.submit(hooks.work, log.words);`,
    stdout: "first\nrun 1 ended 0\n",
  },
  {
    says: "a pool that is resumed does its work before the script ends",
    script: (make) => `
      const pool = ${make("workers: 1")};
      pool.pause();
      pool.submit(hooks.work, log.words, 20);
      pool.resume();`,
    stdout: "run 1 ended 0\n",
  },
  {
    says: "close() without waiting: work and finalizers are done before the script ends",
    script: (make) => `
      const pool = ${make("workers: 1, initializer: hooks.begin, initArgs: [log.words], finalizer: hooks.endSlowly")};
      pool.submit(hooks.work, log.words, 20);
      pool.close();`,
    stdout: "run 1 ended 1\n",
  },
  {
    says: "restart() keeps the script alive until the old workers have ended",
    script: (make) => `
      const pool = ${make("workers: 1, initializer: hooks.begin, initArgs: [log.words], finalizer: hooks.endSlowly")};
      await pool.ready();
      pool.restart().then(() => console.log("restarted"));`,
    stdout: "restarted\nrun 0 ended 1\n",
  },
  {
    says: "a failing initializer ends the script; its failure is reported where nobody looked",
    script: (make) => `
      const pool = ${make("workers: 1, initializer: hooks.beginAfter, initArgs: [log.words, 99]")};
      pool.submit(hooks.work, log.words);`,
    code: 1,
    stdout: "",
    stderr: "its initializer failed 3 times in a row",
  },
  {
    says: "a failing initializer ends the script; a failure that was looked at is not reported",
    script: (make) => `
      const pool = ${make("workers: 2, initializer: hooks.beginAfter, initArgs: [log.words, 99]")};
      const one = pool.submit(hooks.work, log.words);
      const all = pool.map(hooks.work, [log.words, log.words]);
      const name = Promise.resolve(all).catch((error) => error.name);
      console.log((await one.exception()).cause.message, await name);`,
    stdout: "no database BrokenPoolError\nrun 0 ended 0\n",
  },
  {
    says: "a failing initializer of a pool without work is no failure of the script",
    script: (make) => `
      const pool = ${make("workers: 1, minWorkers: 1, initializer: hooks.beginAfter, initArgs: [log.words, 99]")};
      while (pool.state !== "broken") await new Promise((resolve) => setTimeout(resolve, 5));`,
    stdout: "run 0 ended 0\n",
  },
  {
    says: "a failing finalizer is reported, with exit code 1",
    script: (make) => `
      const pool = ${make("workers: 1, finalizer: hooks.endFailing")};
      await pool.submit(hooks.work, log.words);
      pool.close();`,
    code: 1,
    stdout: "",
    stderr: "cannot flush",
  },
  {
    says: "terminate() without waiting ends the script at once",
    script: (make) => `
      const pool = ${make("workers: 1, killGrace: 20")};
      pool.submit(hooks.work, log.words, 3_000).exception().catch((error) => console.log(error.name));
      await until(() => log.read("RUN") === 1, "it runs");
      pool.terminate();`,
    stdout: "CancelledError\nrun 1 ended 0\n",
  },
];

for (const backend of ["worker", "async"]) {
  for (const { says, script, code = 0, stdout, stderr } of CASES) {
    test(`${backend}: ${says}`, async () => {
      const ended = await runScript(HEAD + script((options) => `new Pool({ backend: "${backend}", ${options} })`));
      assertEquals([ended.code, ended.late], [code, false], ended.stderr);
      if (stdout) assertEquals(ended.stdout, stdout);
      if (stderr) assert(ended.stderr.includes(stderr), ended.stderr);
      else assertEquals(ended.stderr, "");
    }, { deadline: 40_000 });
  }
}
