/**
 * Starts worker processes, here or on other hosts.
 *
 * @module
 */
import { launchOnHosts } from "./hosts.ts";
import { ProcessTransport } from "./process.ts";
import { permissionFlags } from "./process_command.ts";
import { localSite } from "./process_site.ts";
import type { Launch, PoolControl, Setup } from "./transport.ts";

/** Starts worker processes. */
export function launchProcess(setup: Setup, pool: PoolControl): Launch {
  // What flags cannot express is an error of the pool's construction.
  permissionFlags(setup.permissions, []);
  if (setup.hosts) return launchOnHosts(setup, setup.hosts, pool);
  return (workerId, events) => new ProcessTransport(workerId, events, setup, localSite(setup));
}
