/**
 * Starts worker processes, here or on other hosts. process_launch.ts loads this module, and the modules that only worker
 * processes need, for the first pool that has any.
 *
 * @module
 */
import { launchOnHosts } from "./hosts.ts";
import { ProcessTransport } from "./process.ts";
import { localSite } from "./process_site.ts";
import type { Launch, PoolControl, Setup } from "./transport.ts";

/** Starts worker processes. */
export function launchWorkers(setup: Setup, pool: PoolControl): Launch {
  if (setup.hosts) return launchOnHosts(setup, setup.hosts, pool);
  return (workerId, events) => new ProcessTransport(workerId, events, setup, localSite(setup));
}
