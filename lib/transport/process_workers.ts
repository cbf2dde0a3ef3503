/**
 * Starts worker processes, here or on other hosts. With all that only they need it is loaded for the first pool that has
 * some (process_launch.ts).
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
