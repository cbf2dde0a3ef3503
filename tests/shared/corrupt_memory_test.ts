/**
 * Nonsense in the memory of locks, semaphores, barriers and the like, written by a task.
 *
 * @module
 */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  IsopoolError,
  Lock,
  Pool,
  RLock,
  Semaphore,
  SharedEvent,
  tasks,
  WaitTimeoutError,
} from "@isopool/isopool";
import { BRAND, type Shared } from "../../lib/shared/handle.ts";
import { OwnerTable } from "../../lib/shared/owner_table.ts";
import { decode, encode } from "../../lib/shared/revive.ts";
import { runScript } from "../support/script.ts";
import { MUST_HAPPEN, test, within } from "../support/within.ts";
import { rounds } from "../support/rounds.ts";

const { seize } = tasks<typeof import("./corrupt_memory_tasks.ts")>(import.meta.resolve("./corrupt_memory_tasks.ts"));
const SCRIPT = import.meta.resolve("./corrupt_memory_script.ts");
const ROUNDS = rounds(24, 400);
const CORRUPT = "the shared memory of this object is corrupt";

test(
  "nonsense in the memory of shared objects: each call of main ends within 8 s, timers pause for 3 s at most",
  async () => {
    const seed = Number(Deno.env.get("ISOPOOL_SEED") ?? 1);
    const ended = await runScript(`import ${JSON.stringify(SCRIPT)};`, {
      args: [ROUNDS, seed].map(String),
      deadline: 600_000,
    });
    assertEquals([ended.code, ended.late], [0, false], `seed ${seed}: ${ended.stderr}`);
    const { problems, longest } = JSON.parse(ended.stdout.trim().split("\n").at(-1)!);
    assertEquals(problems, []);
    assert(longest < 3_000, `seed ${seed}: timers paused for ${longest} ms`);
  },
  { deadline: 600_000 },
);

/** Writes one word of an object. */
function write(object: Shared, at: number, value: number): void {
  new Int32Array(object[BRAND]().memory as SharedArrayBuffer)[at] = value;
}

test("a semaphore with a negative count: each operation says that the memory is corrupt", async () => {
  const semaphore = new Semaphore(1);
  write(semaphore, 0, -5);
  await assertRejects(() => semaphore.acquire(), IsopoolError, `Cannot acquire Semaphore: ${CORRUPT}`);
  assertThrows(() => semaphore.acquireSync({ timeout: MUST_HAPPEN }), IsopoolError, CORRUPT);
  assertThrows(() => semaphore.tryAcquire(), IsopoolError, CORRUPT);
  assertThrows(() => semaphore.release(), IsopoolError, `Cannot release Semaphore: ${CORRUPT}`);
  assertThrows(() => semaphore.permits, IsopoolError, CORRUPT);
});

test("a barrier with an impossible count or lock: waits and reset() end, and say that the memory is corrupt", async () => {
  const [LOCK, COUNT] = [0, 2];
  for (const count of [-1, 3, 1_000_000]) {
    const barrier = new Barrier(3);
    write(barrier, COUNT, count);
    await assertRejects(() => within(MUST_HAPPEN, barrier.wait()), IsopoolError, `Cannot wait at Barrier: ${CORRUPT}`);
    barrier.reset();
    assertEquals([barrier.waiting, await Promise.all([0, 1, 2].map(() => barrier.wait()))], [0, [0, 1, 2]]);
  }
  const barrier = new Barrier(3);
  // As if this thread held the barrier's lock (steps/lock.ts). It never does between two calls.
  write(barrier, LOCK, OwnerTable.local().me << 1);
  await assertRejects(() => within(MUST_HAPPEN, barrier.wait()), IsopoolError, CORRUPT);
  assertThrows(() => barrier.reset(), IsopoolError, `Cannot reset Barrier: ${CORRUPT}`);
});

test("a condition whose lock another thread keeps, or the memory says so, while main blocks in waitSync(): the call ends within 10 s", async () => {
  for (const hostile of [false, true]) {
    await using pool = new Pool(1);
    const [condition, ready] = [new Condition(), new SharedEvent()];
    const guard = await condition.acquire({ timeout: MUST_HAPPEN });
    const mine = new Int32Array(condition.lock[BRAND]().memory as SharedArrayBuffer)[0];
    const seizing = pool.submit(seize, condition, ready, hostile ? mine : undefined);
    await ready.wait({ timeout: MUST_HAPPEN });
    const start = performance.now();
    const wait = () => condition.waitSync(guard, { timeout: 300 });
    if (hostile) assertThrows(wait, IsopoolError, CORRUPT);
    else assertThrows(wait, WaitTimeoutError, "its lock was not free again in time, so its guard is released");
    assert(performance.now() - start < MUST_HAPPEN);
    assertEquals([guard.held, condition.lock.locked], [false, true]);
    seizing.cancel();
  }
});

test("a handle whose memory no such object can have is refused where it arrives", () => {
  const objects = [
    new Lock(),
    new RLock(),
    new Semaphore(),
    new BoundedSemaphore(2),
    new SharedEvent(),
    new Barrier(2),
    new Condition(),
  ];
  for (const object of objects) {
    for (
      const memory of [undefined, null, {}, new SharedArrayBuffer(2), new SharedArrayBuffer(4096), new ArrayBuffer(4)]
    ) {
      const message = structuredClone(encode(object)) as {
        value: Record<string, { memory: unknown }>;
        handles: boolean;
      };
      message.value["isopool:shared"].memory = memory;
      assertThrows(() => decode(message), IsopoolError, "is corrupt", `${object} with ${Deno.inspect(memory)}`);
    }
  }
  return Promise.resolve();
});
