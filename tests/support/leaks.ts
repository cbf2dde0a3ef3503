/**
 * Checks for workers that a file of tests leaves behind. The sanitizers of the test runner do not see workers.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { activeWorkers } from "@isopool/isopool";
import { onLinux } from "./proc.ts";
import { test, until } from "./within.ts";

/**
 * Returns the number of worker threads of this process, by the names that the runtime gives to threads. Test files that run
 * at the same time share the process, so only the files in tests/alone/ can use it.
 */
export function workerThreads(): number {
  let found = 0;
  for (const { name } of Deno.readDirSync("/proc/self/task")) {
    try {
      if (Deno.readTextFileSync(`/proc/self/task/${name}/comm`).startsWith("worker-")) found++;
    } catch (error) {
      // A thread may end between the listing and the reading.
      if (!(error instanceof Deno.errors.NotFound || String(error).includes("No such process"))) throw error;
    }
  }
  return found;
}

/** Registers the last test of a file: no worker is left, and no worker thread if the file runs alone. */
export function leavesNothing({ alone = false } = {}): void {
  test(`afterwards no worker is left${alone ? ", nor its thread" : ""}`, async () => {
    assertEquals(activeWorkers(), 0);
    if (!alone || !onLinux) return;
    await until(() => workerThreads() === 0, () => `the threads are gone (${workerThreads()} are left)`);
  });
}
