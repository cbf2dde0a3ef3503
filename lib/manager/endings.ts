/**
 * Why the calls of a manager's client fail from some moment on.
 *
 * @module
 */
import { corruptMemory } from "../core/corrupt_memory.ts";
import { ManagerClosedError } from "../core/errors.ts";
import type { Ending } from "./manager_client.ts";

/** The endings of a manager. */
export const ENDED: { closed: Ending; threadEnded: Ending; corrupt(cause: unknown): Ending } = {
  closed: (what) => closedError(what, "its Manager was closed"),
  threadEnded: (what) => closedError(what, "the thread that made its Manager has ended"),
  corrupt: (cause) => (what) => corruptMemory(what, { cause }),
};

function closedError(what: string, reason: string): ManagerClosedError {
  return new ManagerClosedError(`Cannot ${what}: ${reason}: close it, and end its thread, after the last call`);
}
