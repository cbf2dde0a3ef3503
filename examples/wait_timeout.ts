/**
 * Python: `futures = [executor.submit(dynamo.update, ...) for i in range(200)]` on three workers, then
 * `wait(futures, return_when=ALL_COMPLETED, timeout=3)`.
 *
 * When the time is up, `wait` gives the futures that are done and those that are not. It never throws, and it stops no task.
 */
import { assert, assertEquals } from "@std/assert";
import { Pool, tasks, wait } from "@isopool/isopool";

const { update } = tasks<typeof import("./tasks/slow_update.ts")>(import.meta.resolve("./tasks/slow_update.ts"));

await using pool = await new Pool(3).ready();
const futures = Array.from({ length: 200 }, (_, i) => pool.submit(update, i));

const early = await wait(futures, { returnWhen: "allCompleted", timeout: 300 });
console.log(`after 300 ms: ${early.done.size} done, ${early.notDone.size} not`);
assertEquals(early.done.size + early.notDone.size, 200);
assert(early.done.size > 0 && early.notDone.size > 0);

const late = await wait(futures);
console.log(`at the end:   ${late.done.size} done, ${late.notDone.size} not`);
assertEquals([late.done.size, late.notDone.size], [200, 0]);
assertEquals(await futures[199], 199);
