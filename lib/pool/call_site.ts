/**
 * Where in the caller's code a task was handed over: the second half of a failed task's stack.
 *
 * @module
 */
import { isError } from "../protocol/error_record.ts";

const MARK = "\n  submitted:\n";

/** A place in the caller's code. Taking it costs 1.5 us; its text is made only when it is needed. */
export class CallSite {
  declare stack: string;

  /** Takes the place from which `face`, a function of the library, was called. */
  // deno-lint-ignore ban-types -- what Error.captureStackTrace takes
  constructor(face: Function) {
    Error.captureStackTrace(this, face);
  }

  /** Appends this place to the stack of what a task threw, if that is an error. */
  addTo(thrown: unknown): void {
    if (!isError(thrown) || thrown.stack?.includes(MARK)) return;
    const frames = this.stack.slice(this.stack.indexOf("\n") + 1);
    const stack = `${thrown.stack ?? `${thrown.name}: ${thrown.message}`}${MARK}${frames}`;
    try {
      Object.defineProperty(thrown, "stack", { value: stack, writable: true, configurable: true, enumerable: false });
    } catch {
      // A frozen error keeps its own stack: the place is a courtesy, the error is what counts.
    }
  }
}

/** So many calls of one task have a place of their own, if they are handed over without an `await` between them. */
const EXACT = 32;

/**
 * Takes the places of the calls of one pool. Those of a thousand calls in one go would cost more than the calls: from the
 * 33rd on they have that one's, which is the same loop's.
 */
export class CallSites {
  // deno-lint-ignore ban-types -- what Error.captureStackTrace takes
  #face: Function | undefined;
  #task: unknown;
  #latest: CallSite | undefined;
  #taken = 0;

  /** The place from which `face` was called for a task. */
  // deno-lint-ignore ban-types -- what Error.captureStackTrace takes
  take(face: Function, task: unknown): CallSite {
    if (this.#latest && this.#taken >= EXACT && this.#face === face && this.#task === task) return this.#latest;
    if (this.#taken++ === 0) {
      queueMicrotask(() => {
        this.#taken = 0;
        this.#latest = undefined;
      });
    }
    this.#face = face;
    this.#task = task;
    return this.#latest = new CallSite(face);
  }
}
