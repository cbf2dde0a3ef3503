/**
 * Scripts in processes of their own: a livelock would starve the test's event loop, and the end of a script must be quiet
 * while its workers still start.
 */
import { assertEquals } from "@std/assert";
import { fixture, runScript } from "../support/script.ts";
import { rounds } from "../support/rounds.ts";
import { test } from "../support/within.ts";

const HEAD = `
import { Pool, tasks } from "@isopool/isopool";
const values = tasks(${JSON.stringify(fixture("values.ts"))});
`;

test("idle workers do not move the calls behind a slow call to and fro without end", async () => {
  const { code, stdout, late } = await runScript(
    `${HEAD}
    for (let round = 0; round < 10; round++) {
      await using pool = new Pool(2);
      const items = Array.from({ length: 20 + round }, (_, n) => n);
      const results = await pool.map(values.slowFirst, items);
      if (results.some((value, n) => value !== n)) throw new Error("wrong: " + results);
    }
    console.log("done");
  `,
    { deadline: 25_000 },
  );
  assertEquals([late, code, stdout], [false, 0, "done\n"]);
}, { deadline: 40_000 });

for (const [how, end] of [["ends", ""], ["calls Deno.exit(0)", "Deno.exit(0);"]]) {
  test(
    `a script that ${how} while its workers prepare themselves ends without an error message, at any moment`,
    async () => {
      for (let ms = 0; ms < 48; ms += rounds(8, 3)) {
        const { code, stderr, late } = await runScript(`${HEAD}
        const pool = new Pool(2);
        await pool.map(values.double, [1, 2, 3]);
        await new Promise((resolve) => setTimeout(resolve, ${ms}));
        ${end}
      `);
        assertEquals([code, stderr, late], [0, "", false], `after ${ms} ms`);
      }
    },
    { deadline: 120_000 },
  );

  test(`a script that ${how} while its workers start ends without an error message, at any moment`, async () => {
    for (let ms = 0; ms < 48; ms += rounds(12, 6)) {
      const { code, stderr, late } = await runScript(`${HEAD}
        const pool = new Pool(2);
        pool.ready().catch(() => {});
        ${how === "ends" ? "pool.terminate();" : ""}
        await new Promise((resolve) => setTimeout(resolve, ${ms}));
        ${end}
      `);
      assertEquals([code, stderr, late], [0, "", false], `after ${ms} ms`);
    }
  }, { deadline: 120_000 });
}
