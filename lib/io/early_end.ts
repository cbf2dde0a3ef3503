/**
 * `EarlyEnd`: how a run of `pooled()` ends before its input does.
 *
 * ```
 * a failure, the reader left      -> cancellation: items in progress get the signal
 * the caller's signal             -> cancellation, and they have the grace time to end
 * a signal of the process (drain) -> starts:       items in progress are finished, those that wait to start are not
 * ```
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { drainOn } from "../core/drain_signal.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import { GRACE } from "./attempts.ts";
import { Cancellation } from "./cancellation.ts";
import type { PooledPlan } from "./options.ts";

/** The run, as its early end sees it. */
export interface EndingRun {
  /** Cancels the items in progress. */
  stop(reason: unknown): void;
  /** Reads and starts no more items. */
  close(): void;
  /** Ends the run if nothing is in progress any more. */
  checkEnd(): void;
}

/** The early end of one run. */
export class EarlyEnd {
  /** Cancels the items in progress. */
  readonly cancellation: Cancellation = new Cancellation();
  /** Cancels the waits of items for their first start. */
  readonly starts: Cancellation = this.cancellation;
  readonly #plan: PooledPlan;
  #removeListeners = (): void => {};
  // Ends the wait for items that ignore their signal.
  #graceTimer: Timer | undefined;
  #isGraceOver = false;
  #isCancelled = false;

  constructor(plan: PooledPlan) {
    this.#plan = plan;
    if (plan.drainOn) this.cancellation.add(this.starts = new Cancellation());
  }

  /** Why the run ends, in an object; `undefined` while it goes on. */
  get cause(): { readonly reason: unknown } | undefined {
    return this.cancellation.aborted ?? this.starts.aborted;
  }

  /** Whether the caller's signal has cancelled the run, which is no failure. */
  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  /** Whether items in progress are no longer waited for. */
  get isGraceOver(): boolean {
    return this.#isGraceOver;
  }

  /** Listens for the signals, until {@linkcode clear}. One of them may have aborted already. */
  listen(run: EndingRun): void {
    const removeDrain = this.#removeListeners = drainOn(this.#plan.drainOn, {
      name: "pooled()",
      drain: (reason) => {
        run.close();
        this.starts.abort(reason);
        run.checkEnd();
      },
      // The second signal ends the process, and with it everything that runs here.
      terminate: () => {},
    });
    const removeAbort = onAbort(this.#plan.signal, (reason) => this.#abort(run, reason));
    this.#removeListeners = () => {
      removeAbort();
      removeDrain();
    };
  }

  /** Removes the listeners and the timer, at the end of the run. */
  clear(): void {
    clearTimeout(this.#graceTimer);
    this.#removeListeners();
  }

  #abort(run: EndingRun, reason: unknown): void {
    this.#isCancelled = !this.cancellation.aborted;
    this.#graceTimer = setTimeout(() => {
      this.#isGraceOver = true;
      this.cancellation.giveUp();
      run.checkEnd();
    }, GRACE);
    run.stop(reason);
  }
}
