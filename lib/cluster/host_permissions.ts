/**
 * Permissions of tasks on a worker host: at most those of the host's own option, and at most those that the pool asks for.
 *
 * @module
 */
import { isArray } from "../core/validate.ts";
import { checkPermissions, type Scope } from "../pool/permissions.ts";

type Grant = boolean | "inherit" | readonly unknown[] | undefined;

/**
 * Returns the permissions of a call; `undefined` if it has those of the host's process. Of two lists it gets what both name.
 *
 * @throws {PermissionScopeError} If the pool asks for more than the host's process may do.
 */
export function callPermissions(host: Scope | undefined, pool: Scope | undefined): Scope | undefined {
  if (!host || !pool) return checkPermissions("run a call on this host", host ?? pool);
  const kinds = Object.entries(host) as [keyof Scope, Grant][];
  const both = Object.fromEntries(kinds.map(([kind, grant]) => [kind, narrower(grant, pool[kind] as Grant)]));
  return checkPermissions("run a call on this host", both);
}

function narrower(host: Grant, pool: Grant): Grant {
  if (!host || !pool) return false;
  if (!isArray(host)) return pool;
  if (!isArray(pool)) return host;
  return pool.filter((entry) => host.includes(entry));
}
