/**
 * Starts worker processes, here or on other hosts.
 *
 * @module
 */
import { checkWorkerCode } from "./entry.ts";
import { launchOnHosts } from "./hosts.ts";
import { ProcessTransport } from "./process.ts";
import { permissionFlags } from "./permission_flags.ts";
import { localSite } from "./process_site.ts";
import type { Launch, PoolControl, Setup } from "./transport.ts";

/** Starts worker processes. */
export function launchProcess(setup: Setup, pool: PoolControl): Launch {
  // Throws for permissions that command-line flags cannot express, so that `new Pool()` fails and not its first worker.
  permissionFlags(setup.permissions, []);
  checkWorkerCode();
  if (setup.hosts) return launchOnHosts(setup, setup.hosts, pool);
  return (workerId, events) => new ProcessTransport(workerId, events, setup, localSite(setup));
}
