/**
 * What a worker says is not believed: a task shares its isolate with the code that serves it, and can post to the host
 * or write on the board whatever it likes. Between port and transport everything goes through here.
 *
 * ```
 * port -> decode: known kind? fields of the right type? numbers in range? call in flight? its time? -> transport
 *            \-> anything else is dropped without a word
 * ```
 *
 * Structured clone has made plain data of it: no getter, no proxy, no function is left, so reading cannot run the
 * task's code. What is inside a result is the caller's; what is inside an error is checked by error_record.ts.
 *
 * @module
 */
import type { Phase, WorkerMessage } from "./messages.ts";

/** More answers than a worker can have ready at a time. */
const MANY = 2 ** 20;

/** Checks the messages of one worker. */
export class MessageValidator {
  // A set looks nothing up in a prototype, whatever a phase claims to be called.
  readonly #phases: ReadonlySet<Phase>;
  #state: "new" | "initializing" | "ready" = "new";

  /** @param given What the worker was given that can fail besides its calls; `undefined`: that cannot. */
  constructor(given: Record<Phase, unknown>) {
    this.#phases = new Set(
      (["initializer", "finalizer", "memory"] as const).filter((phase) => given[phase] !== undefined),
    );
  }

  /**
   * The message in `data`, or `undefined` if it is none, or makes no sense now.
   *
   * @param head First call in flight.
   * @param tail First call that is not.
   */
  check(data: unknown, head: number, tail: number): WorkerMessage | undefined {
    if (typeof data !== "object" || data === null) return undefined;
    const message = data as WorkerMessage;
    return this.#isValid(message, head, tail) ? message : undefined;
  }

  #isValid(message: WorkerMessage, head: number, tail: number): boolean {
    switch (message.kind) {
      case "report":
        return isCount(message.count) && isAmount(message.ms) && isAmount(message.ran);
      case "result":
      case "error":
      case "item":
        return isSeq(message.seq, head, tail);
      case "progress": {
        const { seq, done, total } = message;
        return isSeq(seq, head, tail) && isAmount(done, Infinity) && (total === undefined || isAmount(total, Infinity));
      }
      case "cancel-received":
        return true;
      case "exiting":
        return message.exitCode === undefined || Number.isInteger(message.exitCode);
      case "initializing":
        return this.#phases.has("initializer") && this.#enter("initializing", "new");
      case "ready":
        return isAmount(message.now) && this.#enter("ready", "new", "initializing");
      case "failed":
        return this.#phases.has(message.phase) && (message.phase !== "initializer" || this.#state === "initializing");
      default:
        return false;
    }
  }

  #enter(state: "initializing" | "ready", ...from: string[]): boolean {
    if (!from.includes(this.#state)) return false;
    this.#state = state;
    return true;
  }
}

function isSeq(seq: unknown, head: number, tail: number): boolean {
  return Number.isInteger(seq) && seq as number >= head && seq as number < tail;
}

function isCount(count: unknown): boolean {
  return Number.isInteger(count) && count as number > 0 && count as number <= MANY;
}

// A clock or a duration: nothing runs for more than thirty thousand years.
function isAmount(amount: unknown, most = 1e15): boolean {
  return typeof amount === "number" && amount >= 0 && amount <= most;
}
