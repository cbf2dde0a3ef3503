/**
 * Python: a child process that changes a global changes its own copy, and the parent does not see it; threads share a list.
 *
 * The example runs the same task everywhere. Each worker has its own globals, as a thread and as a process of the system,
 * and so has each `Process`; the backend "async" runs in this isolate and has its globals. Threads share a shared object,
 * which they get as an argument.
 */
import { assertEquals } from "@std/assert";
import { Counter, Pool, Process, task } from "@isopool/isopool";

const seen: number[] = [];

export function remember(n: number, calls?: Counter): number {
  calls?.add();
  return seen.push(n);
}

if (import.meta.main) {
  const remembering = task(import.meta, remember);
  const items = [1, 2, 3];
  for (const backend of ["worker", "process"] as const) {
    {
      await using pool = new Pool({ backend, workers: 1 });
      const lengths = await pool.map(remembering, items);
      console.log(`${backend}:`, lengths, "here:", seen);
      assertEquals(lengths, [1, 2, 3]);
    }
    const processes = items.map((n) => new Process(remembering, [n], { backend }).start());
    const lengths = await Promise.all(processes.map((process) => process.result()));
    console.log(`three of backend ${backend}:`, lengths, "here:", seen);
    assertEquals(lengths, [1, 1, 1]);
    assertEquals(seen, []);
  }
  {
    await using pool = new Pool({ backend: "async" });
    await pool.map(remembering, items);
    console.log("async, here:", seen);
    assertEquals(seen, [1, 2, 3]);
  }
  {
    await using pool = new Pool(3);
    const calls = new Counter();
    await pool.starmap(remembering, items.map((n) => [n, calls] as const));
    console.log("calls in all threads:", calls.get());
    assertEquals(calls.get(), 3);
  }
}
