/**
 * Python: `for num in range(10): Process(target=f, args=(lock, num)).start()`, with `lock.acquire()`, `try`, `finally`,
 * `lock.release()` in `f`; and `Value` and `Array` for what they share.
 *
 * `using` is the `finally`: the lock is released at the end of the block, also in the process that throws in it. What the
 * lock guards needs no atomic steps: a plain typed array will do.
 */
import { assertEquals } from "@std/assert";
import { Lock, Process, SharedArray, task, Value } from "@isopool/isopool";

const TIMES = 1_000;

export function f(lock: Lock, accounts: SharedArray<"i32">, last: Value<"i32">, num: number): void {
  {
    using _ = lock.acquireSync();
    console.log("hello", num);
    if (num === 7) throw new Error("Cannot go on: it is number 7");
  }
  const { view } = accounts;
  for (let i = 0; i < TIMES; i++) {
    using _ = lock.acquireSync();
    // Between these two lines the money is nowhere.
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
