import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Counter,
  Lock,
  type Pool,
  type PoolOptions,
  RLock,
  Semaphore,
  SharedArray,
  SharedEvent,
  Value,
} from "@isopool/isopool";
import { MUST_HAPPEN, type test, within } from "../../support/within.ts";
import { contractTasks } from "./view.ts";

/** Makes one object of each kind, deep inside of everything that structured clone copies. */
function everything() {
  const lock = new Lock();
  const kinds = {
    value: new Value("i64", 7n),
    counter: new Counter(3),
    array: new SharedArray("f64", [1, 2, 3]).slice(1),
    lock,
    rlock: new RLock(),
    semaphore: new Semaphore(2),
    bounded: new BoundedSemaphore(2),
    event: new SharedEvent(),
    barrier: new Barrier(3),
    condition: new Condition({ lock, maxWaiters: 5 }),
  };
  return {
    ...kinds,
    map: new Map<unknown, unknown>([["deep", [[kinds.counter]]], [kinds.lock, 1]]),
    set: new Set([kinds.event]),
    error: new Error("with a cause", { cause: { counter: kinds.counter } }),
  };
}

/** Passes shared objects in every way that a pool has. `make` makes the pool. */
export function passingSuite(make: (options: Omit<PoolOptions, "backend">) => Pool, check: typeof test): void {
  check("each kind comes back from a worker as itself, at any depth, and one object stays one", async () => {
    await using pool = make({ workers: 1 });
    const sent = everything();
    const back = await pool.submit(contractTasks.echo, sent) as typeof sent;
    for (const [name, object] of Object.entries(sent)) {
      assertInstanceOf(back[name as keyof typeof sent], object.constructor as never, name);
    }
    assertEquals([back.value.get(), back.array.length, back.bounded.limit, back.barrier.parties], [7n, 2, 2, 3]);
    assertStrictEquals(back.condition.lock, back.lock);
    assertStrictEquals((back.map.get("deep") as Counter[][])[0][0], back.counter);
    assertEquals([back.map.get(back.lock), back.set.has(back.event)], [1, true]);
    assertStrictEquals((back.error.cause as { counter: Counter }).counter, back.counter);
    // Both have the same memory.
    back.value.add(1n);
    back.counter.add();
    back.array.set(0, 20);
    back.event.set();
    back.barrier.abort();
    back.semaphore.release();
    using _one = back.lock.tryAcquire();
    using _two = back.rlock.tryAcquire();
    using _three = back.bounded.tryAcquire();
    assertEquals([sent.value.get(), sent.counter.get(), [...sent.array]], [8n, 4, [20, 3]]);
    assertEquals([sent.event.isSet, sent.barrier.broken, sent.semaphore.permits], [true, true, 3]);
    assertEquals([sent.lock.locked, sent.rlock.locked, sent.bounded.permits], [true, true, 1]);
  });

  check("a shared object is an item of map and imap, a streamed item, a shared value, an initArg", async () => {
    const initCounter = new Counter();
    await using pool = make({ workers: 2, initializer: contractTasks.begin, initArgs: [{ counter: initCounter }] });
    const counter = new Counter();
    const items = Array.from({ length: 50 }, () => ({ counter }));
    const tickets = [
      ...await pool.map(contractTasks.countEach, items),
      ...await pool.imap(contractTasks.countEach, items),
    ];
    assertEquals([counter.get(), new Set(tickets).size], [100, 100]);
    const streamed = await within(MUST_HAPPEN, pool.stream(contractTasks.each, [counter, new Counter(5)])) as Counter[];
    streamed[0].add();
    assertEquals([counter.get(), streamed[1].get()], [101, 5]);
    using shared = pool.share({ counter });
    await Promise.all(Array.from({ length: 10 }, () => pool.submit(contractTasks.countEach, shared)));
    assertEquals(counter.get(), 111);
    await pool.broadcast(contractTasks.countGiven);
    assertEquals(initCounter.get(), 2);
  });

  check("two pools, one object: a lock that goes from one to the other", async () => {
    await using one = make({ workers: 1 });
    await using two = make({ workers: 1 });
    const [lock, array] = [new Lock(), new SharedArray("i32", 1)];
    const received = await one.submit(contractTasks.echo, lock) as Lock;
    await Promise.all([
      one.submit(contractTasks.guarded, lock, array, 2_000),
      two.submit(contractTasks.guarded, received, array, 2_000),
    ]);
    assertEquals([array.get(0), lock.locked, received.locked], [4_000, false, false]);
    assert(received !== lock);
  });
}
