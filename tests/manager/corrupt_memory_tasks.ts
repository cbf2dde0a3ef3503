/**
 * A task that corrupts the inbox of a manager.
 *
 * @module
 */
import type { Manager } from "@isopool/isopool";
import { BRAND } from "../../lib/shared/handle.ts";
import type { ManagerMemory } from "../../lib/manager/requests.ts";

/** Moves the position of the next request to take, so that requests are missing. */
export function corrupt(manager: Manager): void {
  const { inbox } = manager[BRAND]().manager as ManagerMemory;
  Atomics.add(new Int32Array(inbox.control), 0, 5 << 1);
}
