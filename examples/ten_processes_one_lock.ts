/**
 * Python: `for num in range(10): Process(target=f, args=(lock, num)).start()`, with `lock.acquire()`, `try`, `finally`,
 * `lock.release()` in `f`; and `Value` and `Array` for shared data.
 *
 * `using` takes the place of `finally`: the lock is released at the end of the block, also in the process that throws in
 * it. Data that the lock guards needs no atomic operations: the example changes it through a plain typed array.
 */
import { assertEquals } from "@std/assert";
import { Lock, Process, SharedArray, task, Value } from "@isopool/isopool";

const TIMES = 1_000;

export function f(lock: Lock, accounts: SharedArray<"i32">, last: Value<"i32">, num: number): void {
  {
    using _ = lock.acquireSync();
    console.log("hello", num);
    if (num === 7) throw new Error("Cannot continue: process 7 fails on purpose");
  }
  const { view } = accounts;
  for (let i = 0; i < TIMES; i++) {
    using _ = lock.acquireSync();
    // Between these two lines the sum of the accounts is wrong: no other thread may read them.
    view[0]--;
    view[1]++;
    last.set(num);
  }
}

if (import.meta.main) {
  const lock = new Lock();
  const accounts = new SharedArray("i32", [100_000, 0]);
  const last = new Value("i32", -1);

  const processes = Array.from(
    { length: 10 },
    (_, num) => new Process(task(import.meta, f), [lock, accounts, last, num]).start(),
  );
  for (const process of processes) await process.join();

  console.log("accounts:", ...accounts, "last:", last.get(), "lock:", lock.locked ? "locked" : "free");
  assertEquals([...accounts], [100_000 - 9 * TIMES, 9 * TIMES]);
  assertEquals(processes.map((process) => process.exitCode), [0, 0, 0, 0, 0, 0, 0, 1, 0, 0]);
  assertEquals(lock.locked, false);
}
