/**
 * The way to worker processes: checks what can be checked at once, and loads the rest when a pool first needs it, so that
 * other scripts do not load it.
 *
 * @module
 */
import { checkWorkerCode } from "./entry.ts";
import { launchLoaded } from "./loading_worker.ts";
import { checkFlags } from "./scope_flags.ts";
import type { Launch, PoolControl, Setup } from "./transport.ts";

let loaded: typeof import("./process_workers.ts") | undefined;

/**
 * Starts worker processes.
 *
 * @throws {TypeError} For permissions that command-line flags cannot express, so that `new Pool()` fails and not its first
 * worker.
 */
export function launchProcess(setup: Setup, pool: PoolControl): Launch {
  checkFlags(setup.permissions);
  checkWorkerCode();
  if (loaded) return loaded.launchWorkers(setup, pool);
  return launchLoaded(load().then(({ launchWorkers }) => launchWorkers(setup, pool)));
}

async function load(): Promise<typeof import("./process_workers.ts")> {
  return loaded ??= await import("./process_workers.ts");
}
