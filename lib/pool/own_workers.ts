/**
 * `checkOwnWorkers()`: refuses what needs workers of the pool's own.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { refusal, show } from "../core/validate.ts";
import type { Capabilities } from "./backends.ts";

/**
 * Refuses a call of {@linkcode Pool} on a cluster, whose workers belong to its hosts: these start and end them, and choose
 * one for each call.
 *
 * @param instead What to do there.
 * @throws {IsopoolError} On a cluster.
 */
export function checkOwnWorkers(action: string, { engine }: Capabilities, instead: string): void {
  if (engine !== "cluster") return;
  throw new IsopoolError(`Cannot ${action}: the workers of a cluster belong to its hosts, not to the pool: ${instead}`);
}

/** Refuses the option `affinityKey` where hosts choose the worker of each call. */
export function checkAffinity(action: string, key: string | number | undefined, { engine }: Capabilities): void {
  if (key === undefined || engine !== "cluster") return;
  const reason = "and the hosts of a cluster choose the worker of each call";
  throw refusal(
    `Cannot ${action}: \`affinityKey\` is ${show(key)}, ${reason}: leave it out, ` +
      "and keep what calls have in common in value() or queue() of cluster(), or give it with each call",
  );
}
