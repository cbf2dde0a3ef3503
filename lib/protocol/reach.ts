/**
 * Which objects can reach another process, and what to use in place of one that cannot.
 *
 * @module
 */
import { REMOTE } from "../shared/handle.ts";
import type { Handle } from "../shared/handle.ts";

const TRANSACTION = "`transaction()` of an object of a `Manager`";

/** The class, and what to use instead of memory of this process, by the kind of its handle. */
const INSTEAD: Readonly<Record<string, readonly [className: string, instead: string]>> = {
  // @ts-expect-error: the prototype of a literal, which is no property
  __proto__: null,
  array: ["SharedArray", "`Manager.list()`"],
  barrier: ["Barrier", "a `Queue` for each side"],
  bounded: ["BoundedSemaphore", TRANSACTION],
  condition: ["Condition", TRANSACTION],
  counter: ["Counter", "`Manager.value()`"],
  event: ["SharedEvent", "a `Queue`, closed instead of set"],
  lock: ["Lock", TRANSACTION],
  rlock: ["RLock", TRANSACTION],
  semaphore: ["Semaphore", "a `Queue` with one item for each permit"],
  value: ["Value", "`Manager.value()`"],
};

/** Whether the object of a handle of this kind is memory of one process, and nothing more. */
export function isMemory(kind: string): boolean {
  return INSTEAD[kind] !== undefined;
}

/** The error for an object that cannot reach another process. */
export class UnreachableError extends TypeError {
  /** The handle of the object, or the memory, as it lies in the value that was to be sent. */
  readonly offender: object;

  constructor(offender: Handle | SharedArrayBuffer) {
    const [name, instead] = "kind" in offender ? INSTEAD[offender.kind] : ["SharedArrayBuffer"];
    super(
      `${name} is memory of one process, which a worker of backend "process" cannot reach: send a copy of what it holds, ` +
        `use ${instead === undefined ? "" : `${instead}, or `}backend "worker"`,
    );
    this.offender = offender;
  }
}

/**
 * Returns the handle as a worker process sends it: a worker process serves no objects of its own, and passes on those of
 * its host.
 *
 * @throws {TypeError} For an object of this process.
 */
export function passOn(handle: Handle): Handle {
  if (handle.kind === REMOTE || handle.kind === "error") return handle;
  if (isMemory(handle.kind)) throw new UnreachableError(handle);
  throw new TypeError(
    `${handle.kind} was made in a worker process, and cannot leave it: make it in the script, and pass it to the task`,
  );
}
