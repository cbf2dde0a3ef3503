/**
 * The permissions of a worker process as flags of the runtime.
 *
 * @module
 */
import { usesHosts } from "./entry.ts";
import type { Grant } from "../protocol/connecting.ts";
import { valueOf } from "./process_listener.ts";
import { type Kind, KINDS } from "./scope_flags.ts";
import type { Setup } from "./transport.ts";

/**
 * The flags of a scope; without one, those kinds that this script has in full. The runtime's `spawn` adds `-A` to a
 * command of its own program without any flag of permissions, so there is always one.
 * (tests/canary/process_test.ts)
 */
export function permissionFlags(
  scope: Setup["permissions"],
  modules: readonly string[],
  grants: readonly Grant[] = [],
): string[] {
  const only = (kind: Kind, list: readonly string[] = []) => {
    const values = [...list, ...needed(kind, modules, grants)];
    return values.length > 0 ? `--allow-${kind}=${values.join()}` : `--deny-${kind}`;
  };
  if (!scope) {
    const inFull = KINDS.filter(isGrantedInFull);
    if (inFull.length === KINDS.length) return ["--allow-all"];
    return KINDS.map((kind) => inFull.includes(kind) ? `--allow-${kind}` : only(kind));
  }
  return KINDS.map((kind) => {
    const grant = scope[kind];
    if (grant === true || (grant === "inherit" && isGrantedInFull(kind))) return `--allow-${kind}`;
    if (!Array.isArray(grant)) return only(kind);
    return only(kind, grant.map(String));
  });
}

// The hosts that the modules of the library and of the tasks come from; the socket of the connection.
function needed(kind: Kind, modules: readonly string[], grants: readonly Grant[]): string[] {
  const own = grants.filter(({ permission }) => permission.name === kind).map(({ permission }) => valueOf(permission));
  return kind === "import" ? usesHosts(modules) : own;
}

/** Returns the grants that a scope does not have itself: those that the worker gives back. */
export function notIn(scope: Setup["permissions"], grants: readonly Grant[]): readonly Grant[] {
  return grants.filter(({ permission }) => {
    const { name } = permission;
    const list = scope ? scope[name] : "inherit";
    if (Array.isArray(list)) return !list.map(String).includes(valueOf(permission));
    return list !== true && !(list === "inherit" && isGrantedInFull(name));
  });
}

/** Whether a worker may read all files. */
export function mayRead({ permissions }: Setup): boolean {
  return permissions === undefined && isGrantedInFull("read");
}

function isGrantedInFull(kind: Kind): boolean {
  const { state, partial } = Deno.permissions.querySync({ name: kind });
  return state === "granted" && !partial;
}
