/**
 * Python: `data_list = Manager().list()`, five processes append to it, and the parent sees all items. Of a plain list, each
 * process would have its own copy.
 *
 * A `Process` is a thread, or with one option a process of the system: both use the same list.
 *
 * Python's list proxy loses updates in `data_list[0] += 1`, which is a get and a set; a transaction loses none.
 */
import { assertEquals } from "@std/assert";
import { Manager, Process, tasks } from "@isopool/isopool";

const { append } = tasks<typeof import("./tasks/manager_list.ts")>(import.meta.resolve("./tasks/manager_list.ts"));

for (const backend of ["worker", "process"] as const) {
  using manager = new Manager();
  const list = manager.list<number>();
  const totals = manager.dict({ items: 0 });

  const processes = [0, 1, 2, 3, 4].map((index) => new Process(append, [list, totals, index], { backend }).start());
  for (const process of processes) await process.join();

  const items = await list.toArray();
  console.log(`${backend}:`, items.join(" "), "total:", await totals.get("items"));
  assertEquals(items.toSorted((a, b) => a - b), [111, 112, 113, 114, 115, 333, 334, 335, 336, 337]);
  // The two items of one process are next to each other: it appended them in one call.
  for (let i = 0; i < items.length; i += 2) assertEquals(items[i + 1] - items[i], 222);
  assertEquals(await totals.get("items"), 10);
}
