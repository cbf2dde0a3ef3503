/**
 * Leaks: what a file of tests leaves behind. The sanitizers of the test runner do not see workers.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { activeWorkers } from "@isopool/isopool";
import { onLinux } from "./proc.ts";
import { test, until } from "./within.ts";

/**
 * How many threads of this process are workers: the runtime names them so. Files that run at the same time share the
 * process, so only those in tests/alone/ can use it.
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

/** To be called after the last test of a file: no worker is left; where the file runs alone, nor its thread. */
export function leavesNothing({ alone = false } = {}): void {
  test(`afterwards no worker is left${alone ? ", nor its thread" : ""}`, async () => {
    assertEquals(activeWorkers(), 0);
    if (!alone || !onLinux) return;
    await until(() => workerThreads() === 0, () => `the threads are gone (${workerThreads()} are left)`);
  });
}
