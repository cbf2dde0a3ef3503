/**
 * A script of its own: calls every operation of the shared objects whose memory a task has filled with nonsense. It prints
 * each call that took too long or threw an error of the engine, and the longest pause of its own timers.
 *
 * @module
 */
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Counter,
  type Guard,
  IsopoolError,
  Lock,
  Pool,
  RLock,
  Semaphore,
  SharedArray,
  SharedEvent,
  tasks,
  Value,
} from "@isopool/isopool";
import { BRAND, type Shared } from "../../lib/shared/handle.ts";
import type { Nonsense } from "../queue/corrupt_memory_tasks.ts";
import { TimerPauses } from "../support/timer_pauses.ts";

const { scribble } = tasks<typeof import("../queue/corrupt_memory_tasks.ts")>(
  import.meta.resolve("../queue/corrupt_memory_tasks.ts"),
);

/** Arguments: number of rounds, first seed. */
const [rounds, first] = Deno.args.map(Number);
/** Milliseconds that a call may take, also one that waits for a lock that seems to be held. */
const BOUND = 8_000;
const limits = { timeout: 30 };
const problems: string[] = [];

type Operations<T> = Record<string, (object: T) => unknown>;

const ofLocks: Operations<Lock | RLock> = {
  locked: (lock) => lock.locked,
  text: (lock) => String(lock),
  tryAcquire: (lock) => lock.tryAcquire()?.release(),
  acquire: async (lock) => (await lock.acquire(limits)).release(),
  acquireSync: (lock) => lock.acquireSync(limits).release(),
  recover: async (lock) => (await lock.acquire({ ...limits, recover: true })).release(),
  recoverSync: (lock) => lock.acquireSync({ ...limits, recover: true }).release(),
};

const ofSemaphores: Operations<Semaphore | BoundedSemaphore> = {
  permits: (semaphore) => semaphore.permits,
  text: (semaphore) => String(semaphore),
  tryAcquire: (semaphore) => semaphore.tryAcquire()?.release(),
  acquire: (semaphore) => semaphore.acquire(limits),
  acquireSync: (semaphore) => semaphore.acquireSync(limits),
  release: (semaphore) => semaphore instanceof Semaphore && semaphore.release(3),
};

const ofEvents: Operations<SharedEvent> = {
  isSet: (event) => event.isSet,
  set: (event) => event.set(),
  clear: (event) => event.clear(),
  wait: (event) => event.wait(limits),
  waitSync: (event) => event.waitSync(limits),
  text: (event) => String(event),
};

const ofBarriers: Operations<Barrier> = {
  broken: (barrier) => barrier.broken,
  waiting: (barrier) => barrier.waiting,
  text: (barrier) => String(barrier),
  wait: (barrier) =>
    Promise.any([barrier.wait(limits), barrier.wait(limits), barrier.wait(limits)]).catch(rethrowFirst),
  waitSync: (barrier) => barrier.waitSync(limits),
  reset: (barrier) => barrier.reset(),
  waitAgain: (barrier) => barrier.wait(limits),
  abort: (barrier) => barrier.abort(),
};

function rethrowFirst(error: AggregateError): never {
  throw error.errors.find((each) => !(each instanceof IsopoolError)) ?? error.errors[0];
}

// An asynchronous wait takes its lock again without a limit. If the nonsense names a living thread as the holder, the wait
// ends only when that thread gives the lock back: the script does so for it every 2 s.
async function released<T>(condition: Condition, wait: Promise<T>): Promise<T> {
  const releaseFor = setInterval(() => {
    const word = new Int32Array(condition.lock[BRAND]().memory as SharedArrayBuffer);
    Atomics.store(word, 0, 0);
    Atomics.notify(word, 0);
  }, 2_000);
  return await wait.finally(() => clearInterval(releaseFor));
}

async function held(condition: Condition, use: (guard: Guard) => unknown): Promise<void> {
  const guard = await condition.acquire({ ...limits, recover: true });
  try {
    await use(guard);
  } finally {
    if (guard.held) guard.release();
  }
}

const ofConditions: Operations<Condition> = {
  text: (condition) => String(condition),
  wait: (condition) => held(condition, (guard) => released(condition, condition.wait(guard, limits))),
  waitSync: (condition) => held(condition, (guard) => condition.waitSync(guard, limits)),
  waitFor: (condition) =>
    held(condition, (guard) => released(condition, condition.waitFor(guard, () => false, limits))),
  notify: (condition) => held(condition, (guard) => condition.notify(guard, 2)),
  notifyAll: (condition) => held(condition, (guard) => condition.notifyAll(guard)),
};

const ofNumbers: Operations<Counter | Value<"f64">> = {
  get: (number) => number.get(),
  add: (number) => number.add(1),
  exchange: (number) => number.exchange(1),
  text: (number) => String(number),
};

const ofArrays: Operations<SharedArray<"f32">> = {
  add: (array) => array.add(1, 1),
  update: (array) => array.update(0, (n) => n / 2),
  copy: (array) => [...array],
};

// An error of the library says what cannot be done.
const isClear = (error: unknown) =>
  error instanceof IsopoolError || error instanceof RangeError && error.message.startsWith("Cannot ");

async function callAll<T>(what: string, object: T, operations: Operations<T>): Promise<void> {
  for (const [name, operation] of Object.entries(operations)) {
    const start = performance.now();
    try {
      await operation(object);
    } catch (error) {
      if (!isClear(error)) problems.push(`${what}.${name}: ${(error as Error)?.stack}`);
    }
    const ms = performance.now() - start;
    if (ms > BOUND) problems.push(`${what}.${name} took ${ms} ms`);
  }
}

async function round(pool: Pool, seed: number, nonsense: Nonsense, ms: number): Promise<void> {
  const all = async <T extends Shared>(object: T, operations: Operations<T>) => {
    const scribbling = pool.submit(scribble, object, nonsense, seed, ms).result();
    if (ms === 0) await scribbling;
    await callAll(`${object.constructor.name}, ${nonsense}, seed ${seed}, ${ms} ms`, object, operations);
    await scribbling;
  };
  await all(new Lock(), ofLocks);
  await all(new RLock(), ofLocks);
  await all(new Semaphore(2), ofSemaphores);
  await all(new BoundedSemaphore(3), ofSemaphores);
  await all(new SharedEvent(), ofEvents);
  await all(new Barrier(3), ofBarriers);
  await all(new Condition({ maxWaiters: 4 }), ofConditions);
  await all(new Counter(), ofNumbers);
  await all(new Value("f64"), ofNumbers);
  await all(new SharedArray("f32", 4), ofArrays);
}

const pauses = new TimerPauses();
{
  await using pool = new Pool(2);
  const kinds: Nonsense[] = ["some", "all", "small"];
  // In every fourth round the task writes for 60 ms while the calls run.
  for (let i = 0; i < rounds; i++) await round(pool, first + i, kinds[i % 3], i % 4 === 3 ? 60 : 0);
}
pauses.stop();
console.log(JSON.stringify({ problems, longest: Math.round(pauses.longest) }));
