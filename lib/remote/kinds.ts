/**
 * The host's side: which kinds of object it serves to worker processes.
 *
 * @module
 */
import type { ChannelMemory } from "../queue/channel.ts";
import type { ManagerMemory } from "../manager/requests.ts";
import type { Handle } from "../shared/handle.ts";
import type { OwnerTable } from "../shared/owner_table.ts";
import type { Served } from "./served.ts";
import { ServedConnection } from "./served_connection.ts";
import { ServedManager } from "./served_manager.ts";
import { ServedQueue } from "./served_queue.ts";

/** Returns a key that all handles of one object have in common; `undefined` if each handle is an object of its own. */
export function identityOf(handle: Handle): unknown {
  switch (handle.kind) {
    case "queue":
    case "joinable_queue":
      return (handle.memory as ChannelMemory).name;
    case "connection":
      return undefined;
    default:
      return (handle.manager as ManagerMemory | undefined)?.name;
  }
}

/** Opens an object of the host for a worker process; `undefined` for a kind that cannot be sent to another process. */
export function openServed(
  handle: Handle,
  ownersFor: (table: SharedArrayBuffer) => OwnerTable,
): Served | undefined {
  switch (handle.kind) {
    case "queue":
    case "joinable_queue":
      return new ServedQueue(handle, ownersFor);
    case "connection":
      return new ServedConnection(handle, ownersFor);
    default:
      return isManager(handle.kind) ? new ServedManager(handle, ownersFor) : undefined;
  }
}

// A proxy stands for its manager, and carries the id of its object.
function isManager(kind: string): boolean {
  return kind === "manager" || kind.startsWith("manager.");
}
