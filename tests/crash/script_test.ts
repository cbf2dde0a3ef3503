/**
 * Each way to crash in a process of its own: the script ends by itself with code 0, although it does not close the
 * pool.
 */
import { assertEquals } from "@std/assert";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";
import { KINDS } from "./crash_tasks.ts";

const url = import.meta.resolve("./crash_tasks.ts");

for (const kind of KINDS) {
  test(
    `a script whose task crashes by "${kind}", while running and while idle, ends by itself with code 0`,
    async () => {
      const { code, stdout, stderr, late } = await runScript(
        `
      import { Pool, tasks } from "@isopool/isopool";
      const crashing = tasks(${JSON.stringify(url)});
      const kind = ${JSON.stringify(kind)};
      const pool = new Pool({ workers: 2, killGrace: 50, memoryLimit: 100_000_000 });
      const failed = await pool.submit(crashing.run.with({ timeout: 3_000 }), kind).exception();
      console.log(failed !== undefined, await pool.submit(crashing.fine, 1), await pool.submit(crashing.later, kind));
    `,
        { deadline: 40_000 },
      );
      assertEquals([late, code, stdout], [false, 0, "true 2 done\n"], stderr);
    },
    { deadline: 60_000 },
  );
}
