import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

const LIMITED = { ignore: Deno.build.os !== "linux" };
const SCOPED = { permissions: ["-A", "--unstable-worker-options"] };

test("new Pool() refuses workers that do not fit into the limit of open files, with the numbers", async () => {
  const { code, stdout, stderr } = await runScript(
    `import { Pool, Process } from "@isopool/isopool";
    const refused = (make) => {
      try {
        make();
        return "taken";
      } catch (error) {
        return error.name + ": " + error.message;
      }
    };
    console.log(refused(() => new Pool(200)));
    console.log(refused(() => new Pool({ workers: 200, permissions: "none" })));
    const pool = new Pool(2);
    console.log(refused(() => pool.resize(200)));
    console.log(pool.workers, refused(() => new Pool({ workers: 200, backend: "async" })));`,
    { ...SCOPED, shell: "ulimit -n 300" },
  );
  assertEquals([code, stderr], [0, ""]);
  const lines = stdout.trim().split("\n");
  for (const [i, action] of ["create pool", "create pool", "resize pool"].entries()) {
    assert(
      new RegExp(
        `^RangeError: Cannot ${action}: 200 more workers need 1200 file descriptors. This process may have 300, uses \\d+, ` +
          "and needs 16 for itself, which leaves room for [34]\\d workers: lower `workers`, or raise the limit \\(ulimit -n\\)$",
      ).test(lines[i]),
      lines[i],
    );
  }
  assertEquals(lines[3], "2 taken");
}, LIMITED);

// Without the check, the runtime panics at the limit, and the whole process ends with code 1 and no error to catch.
for (const permissions of ["inherit", "none"]) {
  test(
    `Pools with permissions ${permissions} that reach the limit of open files go on with the workers that they have`,
    async () => {
      const { code, stdout, stderr } = await runScript(
        `import { inline, Pool } from "@isopool/isopool";
      const one = inline((n) => n);
      const pools = [6, 8, 8, 8].map((workers) => new Pool({ workers, permissions: "${permissions}" }));
      // How many workers fit, counted once no worker is about to open more descriptors.
      const fits = async () => {
        while (pools.some((pool) => pool.stats().workers.starting > 0)) await new Promise((next) => setTimeout(next, 5));
        const open = [...Deno.readDirSync("/proc/self/fd")].length;
        return Math.max(0, Math.floor((120 - 16 - open) / 6));
      };
      // The first pool gets all of its workers, the second some, the others what is left. The first has to be small: a
      // worker that starts opens more descriptors than it keeps.
      for (const pool of pools) {
        const room = await fits();
        const error = await pool.ready().then(() => undefined, (error) => error);
        console.log(pool.state, error?.name, error?.cause?.message, room);
      }
      for (const pool of pools.slice(0, 2)) console.log((await pool.map(one, [1, 2, 3])).join());
      Deno.exit();`,
        { ...SCOPED, shell: "ulimit -n 120", deadline: 60_000 },
      );
      assertEquals([code, stderr], [0, ""]);
      const lines = stdout.trim().split("\n");
      assert(/^open undefined undefined (8|9|1\d)$/.test(lines[0]), lines[0]);
      assertStringIncludes(lines[1], "open IsopoolError Cannot start worker: 1 more worker needs 6 file descriptors");
      for (const n of [2, 3]) {
        const room = Number(lines[n].split(" ").at(-1));
        const outcome = room > 0 ? "open IsopoolError" : "broken BrokenPoolError";
        assertStringIncludes(lines[n], `${outcome} Cannot start worker: 1 more worker`);
      }
      assertEquals(lines.slice(4), ["1,2,3", "1,2,3"]);
    },
    { ...LIMITED, deadline: 70_000 },
  );
}

test("A script that may not read /proc starts workers without a check and without a prompt", async () => {
  const { code, stdout, stderr } = await runScript(
    `import { inline, Pool } from "@isopool/isopool";
    await using pool = new Pool(9);
    console.log(await pool.submit(inline(() => "ran")));`,
    { permissions: ["--allow-read", "--allow-import", "--no-prompt"] },
  );
  assertEquals([code, stdout, stderr], [0, "ran\n", ""]);
});
