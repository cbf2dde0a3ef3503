import { assertEquals, assertRejects } from "@std/assert";
import { inline, Pool, tasks, TaskTimeoutError } from "@isopool/isopool";
import { onLinux, threads } from "../support/proc.ts";
import { MUST_HAPPEN, test, until, within } from "../support/within.ts";

const swallowing = tasks<typeof import("../fixtures/tasks/swallowing.ts")>(
  import.meta.resolve("../fixtures/tasks/swallowing.ts"),
);

for (const name of ["inspecting", "failingReads", "failingDecodes", "cloning"] as const) {
  test(
    `${name}: a loop in which the runtime forgets a forced stop is stopped all the same, three times of three`,
    async () => {
      await using pool = new Pool({ workers: 1, killGrace: 50 });
      for (let round = 0; round < 3; round++) {
        const word = new Int32Array(new SharedArrayBuffer(4));
        const future = pool.submit(swallowing[name].with({ timeout: 150 }), word);
        await assertRejects(() => within(MUST_HAPPEN, future.result()), TaskTimeoutError);
        const thread = Atomics.load(word, 0);
        await until(() => thread !== 0 && !threads().has(thread), `thread ${thread} is gone`, 5_000);
      }
      assertEquals(await within(MUST_HAPPEN, pool.submit(inline(() => "works on"))), "works on");
    },
    { ignore: !onLinux },
  );
}
