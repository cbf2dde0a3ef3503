/**
 * The acts (acts.ts) of threads that die during an operation on a queue, for tests/queue/deaths_test.ts. Each sets the event
 * `there` when it has reached the point at which it dies. The test kills the acts that wait; the others end their thread.
 *
 * @module
 */
import { type Connection, type JoinableQueue, type Queue, select, type SharedEvent } from "@isopool/isopool";
import type { ChannelMemory } from "../../../lib/queue/channel_memory.ts";
import { Control } from "../../../lib/queue/control_layout.ts";
import { BRAND } from "../../../lib/shared/handle.ts";
import { OwnerTable } from "../../../lib/shared/owner_table.ts";

/** Makes this thread the holder of a lock inside a queue, as it is for a moment in every put or get. */
function takeLock(queue: Queue<unknown>, lock: "PUT_LOCK" | "TAKE_LOCK"): void {
  const { control, owners } = queue[BRAND]().memory as unknown as ChannelMemory;
  const me = OwnerTable.of(owners).me << 1;
  if (Atomics.compareExchange(new Int32Array(control), Control[lock], 0, me) !== 0) throw new Error("it is not free");
}

/** Sets `there` once the wait has begun: the caller has made the promise. */
async function wait(waits: Promise<unknown>, there: SharedEvent): Promise<void> {
  there.set();
  await waits;
}

/** Acts, by name. */
export const deathActs = {
  exitWithPutLock(queue: Queue<unknown>, there: SharedEvent): void {
    takeLock(queue, "PUT_LOCK");
    there.set();
    Deno.exit(0);
  },
  exitWithTakeLock(queue: Queue<unknown>, there: SharedEvent): void {
    takeLock(queue, "TAKE_LOCK");
    there.set();
    Deno.exit(0);
  },
  waitToPut: (queue: Queue<unknown>, there: SharedEvent) => wait(queue.put("of the dead"), there),
  waitToPutBlocked(queue: Queue<unknown>, there: SharedEvent): void {
    // It cannot set it once it blocks. If it is killed earlier, it dies within the call, which must be harmless as well.
    there.set();
    queue.putSync("of the dead");
  },
  waitToGet: (queue: Queue<unknown>, there: SharedEvent) => wait(queue.get(), there),
  waitToGetBlocked(queue: Queue<unknown>, there: SharedEvent): void {
    there.set();
    queue.getSync();
  },
  waitInSelect: (queue: Queue<unknown>, there: SharedEvent) => wait(select([queue]), there),
  waitInJoin: (queue: JoinableQueue<unknown>, there: SharedEvent) => wait(queue.join(), there),
  async waitInLoop(queue: Queue<unknown>, there: SharedEvent): Promise<void> {
    for await (const item of queue) if (item === "first") await wait(new Promise(() => {}), there);
  },
  async exitWithItem(queue: Queue<unknown>, there: SharedEvent): Promise<void> {
    await queue.get();
    there.set();
    Deno.exit(0);
  },
  waitToReceive: (connection: Connection<unknown>, there: SharedEvent) => wait(connection.recv(), there),
};
