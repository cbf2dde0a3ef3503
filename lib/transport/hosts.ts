/**
 * Worker processes on several hosts: `launchOnHosts()` starts each worker where there is most room.
 *
 * A host that cannot be reached, or goes away, loses the calls that ran there. The others go on with what waits: the pool
 * then has as many workers as they can have. The host is tried again, each time after a longer while. When no host is left,
 * the next workers wait for the one that is tried first, and fail with it; three in a row break the pool.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { Host } from "./host.ts";
import { SSH_FAILED } from "./host_command.ts";
import { ProcessTransport } from "./process.ts";
import type { Death, HostsSetup, Launch, PoolControl, Setup, TransportEvents } from "./transport.ts";

/** Prepares the function that starts worker processes on hosts. */
export function launchOnHosts(setup: Setup, { hosts, max, first }: HostsSetup, { resize, ended }: PoolControl): Launch {
  let allowed = first;
  const changed = () => {
    const before = allowed;
    const capacity = all.reduce((sum, host) => sum + host.capacity, 0);
    allowed = Math.max(1, Math.min(max, capacity));
    if (allowed !== before) resize(allowed - before);
  };
  const all: readonly Host[] = hosts.map((host) => new Host(host, setup, changed));
  void ended.then(() => all.forEach((host) => host.close()));
  return (workerId, events) => {
    const host = choose(all);
    let isReady = false;
    const transport: ProcessTransport = new ProcessTransport(
      workerId,
      {
        ...events,
        ready: () => {
          isReady = true;
          host.worked();
          events.ready();
        },
        exit: (death) => {
          host.transports.delete(transport);
          exit(host, death, isReady, all, events);
        },
      },
      setup,
      host.site(),
    );
    host.transports.add(transport);
    return transport;
  };
}

function choose(hosts: readonly Host[]): Host {
  const load = ({ transports, capacity }: Host) => transports.size / capacity;
  const usable = hosts.filter(({ isDown }) => !isDown);
  if (usable.length > 0) return usable.reduce((best, host) => load(host) < load(best) ? host : best);
  return hosts.reduce((soonest, host) => host.downUntil < soonest.downUntil ? host : soonest);
}

// A worker that is lost with its host says nothing about the tasks: while there are other hosts, it does not count among
// the workers in a row that break a pool.
function exit(host: Host, death: Death, isReady: boolean, all: readonly Host[], events: TransportEvents): void {
  if (host.name === undefined) return events.exit(death);
  if (death.exitCode === SSH_FAILED) {
    const cause = death.cause ?? new IsopoolError(`Lost a worker on host ${host.name}: its connection has ended`);
    if (!isReady && !host.isDown) host.failed(cause as Error);
    else host.error ??= cause as Error;
  } else if (!host.isDown) return events.exit(death);
  const othersLive = all.some((other) => !other.isDown);
  events.exit({ ...death, reason: othersLive ? "terminated" : "exit", cause: host.error ?? death.cause });
}
