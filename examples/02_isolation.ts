/**
 * Python: a child that changes a global changes its own copy, and the parent sees nothing of it; threads share a list.
 *
 * The same task everywhere: a worker has globals of its own, and so has each `Process`; "async" has this isolate's. What
 * is shared is a shared object, given as an argument.
 */
import { assertEquals } from "@std/assert";
import { Counter, Pool, Process, task } from "@isopool/isopool";

const seen: number[] = [];

export function remember(n: number, calls: Counter): number {
  calls.add();
  return seen.push(n);
}

if (import.meta.main) {
  const remembering = task(import.meta, remember);
  const calls = new Counter();
  const args = [1, 2, 3].map((n) => [n, calls] as const);
  {
    await using pool = new Pool(1);
    const lengths = await pool.starmap(remembering, args);
    console.log("worker:", lengths, "here:", seen);
    assertEquals(lengths, [1, 2, 3]);
    assertEquals(seen, []);
  }
  {
    const processes = args.map((each) => new Process(remembering, each).start());
    const lengths = await Promise.all(processes.map((process) => process.result()));
    console.log("three processes:", lengths, "here:", seen);
    assertEquals(lengths, [1, 1, 1]);
    assertEquals(seen, []);
  }
  {
    await using pool = new Pool({ backend: "async" });
    await pool.starmap(remembering, args);
    console.log("async, here:", seen);
    assertEquals(seen, [1, 2, 3]);
  }
  console.log("calls, wherever they were:", calls.get());
  assertEquals(calls.get(), 9);
}
