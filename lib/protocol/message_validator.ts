/**
 * Checks the messages of a worker before the host acts on them. A task shares its isolate with the code that serves it,
 * so it can post anything to the host.
 *
 * ```
 * port -> known kind? fields of the right type? numbers in range? call in flight? valid in this state? -> transport
 *            \-> anything else is ignored
 * ```
 *
 * Structured clone has made plain data of each message: no getter, proxy or function is left, so reading a message
 * cannot run code of the task. The contents of a result are for the caller; error_record.ts checks the contents of an
 * error.
 *
 * @module
 */
import type { Phase, WorkerMessage } from "./messages.ts";
import { isRemoteMessage } from "./remote_messages.ts";

/** More answers than a worker can have ready at a time. */
const MAX_COUNT = 2 ** 20;

/** Checks the messages of one worker. */
export class MessageValidator {
  // A set has no prototype chain in which a phase called `constructor` would be found.
  readonly #phases: ReadonlySet<Phase>;
  #state: "new" | "initializing" | "ready" = "new";

  /** @param phases The hooks and the memory limit of the worker; one that is `undefined` cannot fail. */
  constructor(phases: Record<Phase, unknown>) {
    this.#phases = new Set(
      (["initializer", "finalizer", "memory"] as const).filter((phase) => phases[phase] !== undefined),
    );
  }

  /**
   * Returns the message in `data`; `undefined` if it is no message, or not valid in this state.
   *
   * @param head Number of the first call in flight.
   * @param tail One more than the number of the last call in flight.
   */
  check(data: unknown, head: number, tail: number): WorkerMessage | undefined {
    if (typeof data !== "object" || data === null) return undefined;
    const message = data as WorkerMessage;
    return this.#isValid(message, head, tail) ? message : undefined;
  }

  #isValid(message: WorkerMessage, head: number, tail: number): boolean {
    switch (message.kind) {
      case "report":
        return isCount(message.count) && isAmount(message.ms) && isAmount(message.runTime);
      case "result":
      case "error":
      case "item":
      case "started":
      case "waits":
        return isSeq(message.seq, head, tail);
      case "timed":
        return isSeq(message.seq, head, tail) && isAmount(message.start) && isAmount(message.end);
      case "progress": {
        const { seq, done, total } = message;
        return isSeq(seq, head, tail) && isAmount(done, Infinity) && (total === undefined || isAmount(total, Infinity));
      }
      case "cancel-received":
      case "grown":
      case "printed":
      case "slot":
        return true;
      case "request":
      case "abort":
      case "release":
        return isRemoteMessage(message);
      case "exiting":
        return message.exitCode === undefined || Number.isInteger(message.exitCode);
      case "initializing":
        return this.#phases.has("initializer") && this.#enter("initializing", "new");
      case "ready":
        return isAmount(message.now) && isAmount(message.date) && this.#enter("ready", "new", "initializing");
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
  return Number.isInteger(count) && count as number > 0 && count as number <= MAX_COUNT;
}

// A clock time or a duration, in milliseconds: 1e15 are thirty thousand years.
function isAmount(amount: unknown, max = 1e15): boolean {
  return typeof amount === "number" && amount >= 0 && amount <= max;
}
