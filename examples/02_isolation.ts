/**
 * Python: a child process that changes a global changes its own copy, and the parent does not see it; threads share a list.
 *
 * The example runs the same task everywhere. A worker has its own globals, and so has each `Process`; the backend "async"
 * runs in this isolate and has its globals. Threads share a shared object, which they get as an argument.
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
  console.log("calls in all threads:", calls.get());
  assertEquals(calls.get(), 9);
}
