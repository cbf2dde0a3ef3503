/**
 * `RunningCall`: one call on the worker that runs it. The task sees it as `context`.
 *
 * @module
 */
import type { Current } from "./isolate_state.ts";
import { AbortController, performance } from "./platform.ts";
import { badOption } from "./validate.ts";

/** The worker as a running call uses it: its id and state, and the way to send messages to the host. */
export interface CallHost {
  readonly workerId: number;
  /** Worker-local state. */
  readonly state: Record<PropertyKey, unknown>;
  /** Sends a value to the host. */
  emit(seq: number, value: unknown): void;
  /** Sends progress to the host. */
  progress(seq: number, done: number, total: number | undefined): void;
}

/** Minimum time between two progress messages of one call, in milliseconds; the last report is always sent. */
const PROGRESS_INTERVAL = 16;

/** A running call. Its signal is created on first use: most tasks never read it. */
export class RunningCall implements Current {
  readonly taskId: number;
  readonly attempt: number;
  /** Whether this call has sent a message. Its reply must then follow by the same port, so as not to overtake it. */
  hasSentMessages = false;
  readonly #host: CallHost;
  #controller: AbortController | undefined;
  #lastSent = -Infinity;
  #unsent: { done: number; total: number | undefined } | undefined;

  constructor(host: CallHost, taskId: number, attempt: number) {
    this.#host = host;
    this.taskId = taskId;
    this.attempt = attempt;
  }

  /** {@inheritDoc Current.workerId} */
  get workerId(): number {
    return this.#host.workerId;
  }

  /** Worker-local state. */
  get state(): Record<PropertyKey, unknown> {
    return this.#host.state;
  }

  /** Aborts when the call is cancelled. */
  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  /** Aborts the signal. */
  abort(reason: unknown): void {
    (this.#controller ??= new AbortController()).abort(reason);
  }

  /** Sends a value to the host before the result. */
  emit(value: unknown): void {
    this.hasSentMessages = true;
    this.#host.emit(this.taskId, value);
  }

  /** Reports progress. The host gets it now, or with a later report. */
  progress(done: number, total?: number): void {
    if (typeof done !== "number" || !(done >= 0)) {
      throw badOption("report progress", "done", done, "a number of at least 0", typeof done === "number");
    }
    if (total !== undefined && (typeof total !== "number" || !(total >= 0))) {
      throw badOption("report progress", "total", total, "a number of at least 0", typeof total === "number");
    }
    this.hasSentMessages = true;
    this.#unsent = { done, total };
    if (performance.now() - this.#lastSent >= PROGRESS_INTERVAL) this.flushProgress();
  }

  /** Sends the last report if it was held back. The worker calls this before the call ends. */
  flushProgress(): void {
    if (!this.#unsent) return;
    const { done, total } = this.#unsent;
    this.#unsent = undefined;
    this.#lastSent = performance.now();
    this.#host.progress(this.taskId, done, total);
  }
}
