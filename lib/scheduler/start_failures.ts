/**
 * Workers that do not start. `StartFailures` breaks a pool whose workers die, or cannot be started, one after another
 * before any has run a call: without it, a pool with a failing initializer would start workers for ever. `StartBackoff`
 * waits after the runtime has refused to start a worker, because threads or file descriptors have run out.
 *
 * @module
 */
import { errorText } from "../core/error_text.ts";
import { BrokenPoolError, IsopoolError } from "../core/errors.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import type { Death } from "../transport/transport.ts";
import type { OwnedSlot } from "./slot_owner.ts";
import { crashError } from "./worker_death.ts";

/** Number of workers that die one after another, before they have run a call, at which the pool breaks. */
const MAX_FAILURES = 3;
/** Milliseconds before the next start after a first refusal; each further refusal doubles it, up to the maximum. */
const FIRST_WAIT = 50;
const MAX_WAIT = 5_000;

/** Maximum number of characters of a reason in a message. */
const MAX_REASON = 500;
/** Errors of the system that say that something has run out. */
const EXHAUSTED =
  /\b(EAGAIN|EMFILE|ENFILE|ENOMEM)\b|os error (11|12|23|24)\b|too many open files|temporarily unavailable/i;

// Returns the reason, and what to do if a limit of the operating system is the cause.
function why(cause: unknown): string {
  const reason = errorText(cause, MAX_REASON);
  const code = String((cause as { code?: unknown } | undefined)?.code);
  if (!EXHAUSTED.test(`${code} ${reason}`)) return reason;
  return `${reason}: lower \`workers\`, or raise the limits of threads and open files`;
}

/** Returns the error of a caller that waits for `max` workers, of which only some could be started. */
export function cannotStart(running: number, max: number, cause: unknown): IsopoolError {
  return new IsopoolError(
    `Cannot start workers: ${running} of ${max} run, and another could not be started ${MAX_FAILURES} times in a row: ` +
      why(cause),
    { cause },
  );
}

/** Counts, for one pool, the workers in a row that died before they had run a call. */
export class StartFailures {
  #count = 0;
  #last: { cause: unknown } | undefined;

  /** Why the last worker did not start; `undefined` if one has run a call since, or none has failed. */
  get last(): { readonly cause: unknown } | undefined {
    return this.#last;
  }

  /** A worker has run a call: the row is interrupted. */
  reset(): void {
    this.#count = 0;
    this.#last = undefined;
  }

  /** Counts a worker that has died, if no call of it had ended. Returns the error that breaks the pool, if it is one too many. */
  add({ id, ended }: OwnedSlot, death: Death): BrokenPoolError | undefined {
    const wasRequested = death.reason === "terminated" || death.reason === "finalizer";
    if (wasRequested || ended > 0) {
      this.reset();
      return undefined;
    }
    const cause = death.cause ?? crashError(id, death);
    this.#last = { cause };
    if (++this.#count >= MAX_FAILURES) {
      const what = death.reason === "initializer"
        ? `its initializer failed ${MAX_FAILURES} times in a row`
        : `${MAX_FAILURES} workers in a row died before they took a task`;
      return new BrokenPoolError(`Pool is broken: ${what}: ${why(cause)}`, { cause });
    }
    return undefined;
  }

  /**
   * Counts a worker that the runtime refused to start. While other workers live, their calls go on, and the pool stays
   * whole. Returns the error that breaks the pool, if there is no other and this refusal is one too many.
   */
  refused(cause: unknown, othersLive: boolean): BrokenPoolError | undefined {
    this.#last = { cause };
    if (othersLive || ++this.#count < MAX_FAILURES) return undefined;
    return new BrokenPoolError(
      `Pool is broken: ${MAX_FAILURES} workers in a row could not be started, and no other lives: ${why(cause)}`,
      { cause },
    );
  }
}

/** Waits after a refused start, longer each time. */
export class StartBackoff {
  readonly #onEnd: () => void;
  #wait = FIRST_WAIT;
  #refusals = 0;
  #timer: Timer | undefined;

  /** @param onEnd Called when a worker may be started again. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  /** Whether no worker may be started now. */
  get isWaiting(): boolean {
    return this.#timer !== undefined;
  }

  /** The runtime has refused to start a worker. Returns whether that is one time too many for a caller that waits for it. */
  failed(): boolean {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#onEnd();
    }, this.#wait);
    this.#wait = Math.min(MAX_WAIT, this.#wait * 2);
    return ++this.#refusals >= MAX_FAILURES;
  }

  /** A worker was started. */
  reset(): void {
    this.#wait = FIRST_WAIT;
    this.#refusals = 0;
  }

  /** Ends the wait. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
