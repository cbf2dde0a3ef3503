/**
 * Which objects can reach another process, and what to use in place of one that cannot.
 *
 * @module
 */
import { REMOTE } from "../shared/handle.ts";
import type { Handle } from "../shared/handle.ts";

const TRANSACTION = "`transaction()` of an object of a `Manager`";

/** What to use instead of memory of this process, by the kind of its handle. */
const INSTEAD: Readonly<Record<string, string>> = {
  // @ts-expect-error: the prototype of a literal, which is no property
  __proto__: null,
  array: "`Manager.list()`",
  barrier: "a `Queue` for each side",
  bounded: TRANSACTION,
  condition: TRANSACTION,
  counter: "`Manager.value()`",
  event: "a `Queue`, closed instead of set",
  lock: TRANSACTION,
  rlock: TRANSACTION,
  semaphore: "a `Queue` with one item for each permit",
  value: "`Manager.value()`",
};

/** Whether the object of a handle of this kind is memory of one process, and nothing more. */
export function isMemory(kind: string): boolean {
  return INSTEAD[kind] !== undefined;
}

/** Makes the error for an object that cannot reach another process. */
export function memoryError(name: string, kind?: string): TypeError {
  const instead = kind === undefined ? undefined : INSTEAD[kind];
  return new TypeError(
    `${name} is memory of one process, which a worker of backend "process" cannot reach: send a copy of what it holds, use ` +
      `${instead === undefined ? "" : `${instead}, or `}backend "worker"`,
  );
}

/**
 * The exporter of a process that serves no objects: it passes on objects of its host.
 *
 * @throws {TypeError} For an object of this process.
 */
export function passOn(handle: Handle): Handle {
  if (handle.kind === REMOTE || handle.kind === "error") return handle;
  if (isMemory(handle.kind)) throw memoryError(handle.kind, handle.kind);
  throw new TypeError(
    `${handle.kind} was made in a worker process, and cannot leave it: make it in the script, and pass it to the task`,
  );
}
