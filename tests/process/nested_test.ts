/** Processes that start processes. */
import { assertEquals } from "@std/assert";
import { Counter, Process, Queue, tasks } from "@isopool/isopool";
import { leavesNothing } from "../support/leaks.ts";
import { pause, test, until, within } from "../support/within.ts";

const url = import.meta.resolve("../fixtures/tasks/sub_process.ts");
const nested = tasks<typeof import("../fixtures/tasks/sub_process.ts")>(url);

/** Deadline in milliseconds: a thread started by a thread takes half a second to start. */
const LONG = 30_000;

test("processes start and join processes of their own, in order", async () => {
  const said = new Queue<string>();
  await within(LONG, new Process(nested.recurse, [said, "", 2]).start().join());
  said.close();
  const names: string[] = [];
  for await (const name of said) names.push(name);
  assertEquals(names, ["", "0", "00", "01", "1", "10", "11"]);
}, { deadline: 60_000 });

for (const spins of [false, true]) {
  for (const how of ["terminate", "kill"] as const) {
    test(`a grandchild ends when its parent ${spins ? "spins and " : ""}is stopped by ${how}()`, async () => {
      const beats = new Counter();
      const parent = new Process(nested.parent, [beats, spins]).start();
      await until(() => beats.get() >= 20, "the grandchild lives", LONG);
      parent[how]();
      await within(LONG, parent.join());
      assertEquals(parent.reason, how === "kill" ? "killed" : "terminated");
      let last = -1;
      await until(async () => {
        const before = last;
        last = beats.get();
        // Longer than several beats, also on a busy machine.
        await pause(100);
        return before === last && beats.get() === last;
      }, "the grandchild has ended");
    }, { deadline: 60_000 });
  }
}

leavesNothing();
