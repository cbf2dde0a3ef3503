import { assert, assertEquals } from "@std/assert";
import { LOCK_WORDS, PrintLock } from "../../lib/core/print_lock.ts";
import { inline, Pool } from "@isopool/isopool";
import { literal } from "../support/run_slowly.ts";
import { MUST_HAPPEN, test, within } from "../support/within.ts";

function locks(count: number): { words: Int32Array<SharedArrayBuffer>; owners: number[]; all: PrintLock[] } {
  const words = new Int32Array(new SharedArrayBuffer(4 * LOCK_WORDS));
  const owners = Array.from({ length: count }, () => PrintLock.newOwner(words));
  return { words, owners, all: owners.map((owner) => new PrintLock(words, owner)) };
}

function timed(call: () => boolean): { taken: boolean; ms: number } {
  const start = performance.now();
  const taken = call();
  return { taken, ms: performance.now() - start };
}

Deno.test("PrintLock has one holder at a time; tryAcquire() gives up after its limit and never steals", () => {
  const { all: [a, b] } = locks(2);
  assert(a.acquire());
  assertEquals([a.isHeld, b.isHeld], [true, false]);
  assertEquals([b.tryAcquire(0), b.tryAcquire(20)], [false, false]);
  assertEquals([a.isHeld, b.isHeld], [true, false]);
  a.release();
  // Without a waiter, the lock is free, not handed over.
  assertEquals([a.isHeld, timed(() => b.acquire()).taken], [false, true]);
});

Deno.test("ownerEnded() frees the lock of that owner at once, and no other", () => {
  const { all: [a, b, host], owners } = locks(3);
  a.acquire();
  host.ownerEnded(owners[1]);
  assert(a.isHeld);
  host.ownerEnded(owners[0]);
  assert(!a.isHeld);
  assert(timed(() => b.acquire()).ms < 150);
});

Deno.test("a waiter steals from a suspected holder after 200 ms, from another after 2 s; the old holder releases nothing", () => {
  const { all: [a, b, host], owners } = locks(3);
  a.acquire();
  host.suspectOwner(owners[1]);
  host.suspectOwner(owners[0]);
  const soon = timed(() => b.acquire());
  assert(soon.taken && soon.ms >= 190, `stolen after ${soon.ms} ms`);
  a.release();
  assert(b.isHeld);
  const late = timed(() => a.acquire());
  assert(late.taken && late.ms >= 1_990, `stolen after ${late.ms} ms`);
  assert(late.ms > soon.ms);
});

Deno.test("newOwner() returns different numbers", () => {
  const { owners } = locks(100);
  assertEquals(new Set(owners).size, 100);
  assert(owners.every((owner) => owner > 0));
});

test("every call ends while another thread writes nonsense into the lock without end", async () => {
  const { words, all: [a], owners: [owner] } = locks(1);
  // Word LOCK_WORDS - 1 counts the owners; the last word stops the other thread.
  const noise = new Int32Array(new SharedArrayBuffer(4));
  await using pool = new Pool(1);
  const hostile = pool.submit(
    inline((words: Int32Array, stop: Int32Array, owner: number) => {
      Atomics.store(stop, 0, 1);
      Atomics.notify(stop, 0);
      const nonsense = [owner, owner | 1 << 28, owner | 1 << 29, 1 << 30, -1, 77];
      for (let n = 0; Atomics.load(stop, 0) !== 2; n++) {
        words[0] = nonsense[n % nonsense.length];
        words[1] = n;
      }
    }),
    words,
    noise,
    owner + 1,
  );
  await Atomics.waitAsync(noise, 0, 0).value;
  for (let n = 0; n < 50; n++) {
    assert(timed(() => (a.tryAcquire(20), a.release(), true)).ms < 1_000);
    a.suspectOwner(owner + 1);
    a.ownerEnded(owner + 1);
  }
  Atomics.store(noise, 0, 2);
  await hostile;
});

test("4 threads acquire 20,000 times: never two holders, and a thread that never stops does not starve the waiters", async () => {
  // Word LOCK_WORDS: holders now; the next: overlaps; the next: stop.
  const words = new Int32Array(new SharedArrayBuffer(4 * (LOCK_WORDS + 3)));
  const contend = inline(async (words: Int32Array, turns: number, at: number, module: string) => {
    const { PrintLock } = await import(module);
    const lock = new PrintLock(words, PrintLock.newOwner(words));
    let done = 0, longest = 0;
    while (done < turns && Atomics.load(words, at + 2) === 0) {
      const start = performance.now();
      lock.acquire();
      longest = Math.max(longest, performance.now() - start);
      if (Atomics.add(words, at, 1) !== 0) Atomics.add(words, at + 1, 1);
      for (let i = 0; i < 200; i++);
      Atomics.sub(words, at, 1);
      lock.release();
      done++;
    }
    return { done, longest };
  });
  const module = JSON.parse(literal("lib/core/print_lock.ts"));
  await using pool = new Pool(4);
  const greedy = pool.submit(contend, words, Infinity, LOCK_WORDS, module);
  const others = [1, 2, 3].map(() => pool.submit(contend, words, 5_000, LOCK_WORDS, module));
  const ended = await within(MUST_HAPPEN, Promise.all(others)).finally(() => Atomics.store(words, LOCK_WORDS + 2, 1));
  assertEquals(ended.map(({ done }) => done), [5_000, 5_000, 5_000]);
  assert((await greedy).done > 0);
  assertEquals([...words.subarray(LOCK_WORDS, LOCK_WORDS + 2)], [0, 0]);
  // Two seconds would mean that the lock was stolen from a living holder.
  for (const { longest } of ended) assert(longest < 1_500, `an acquire took ${longest} ms`);
});
