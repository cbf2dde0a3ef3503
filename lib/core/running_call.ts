/**
 * A running call, as the worker that runs it sees it and as `context` shows it to the task.
 *
 * @module
 */
import type { Current } from "./isolate_state.ts";
import { bad } from "./validate.ts";

/** Where a call runs, and how it makes itself heard. */
export interface CallHost {
  readonly workerId: number;
  /** Worker-local state. */
  readonly state: Record<PropertyKey, unknown>;
  emit(seq: number, value: unknown): void;
  progress(seq: number, done: number, total: number | undefined): void;
}

/** Shortest time, in milliseconds, between two reports of progress by one call; the last one is always told. */
const PACE = 16;

/** A running call. Its signal is made when somebody asks for it: most tasks never do. */
export class RunningCall implements Current {
  readonly taskId: number;
  readonly attempt: number;
  /** Whether messages of this call are on their way, which its end must not overtake. */
  spoke = false;
  readonly #host: CallHost;
  #controller: AbortController | undefined;
  #told = -Infinity;
  #untold: { done: number; total: number | undefined } | undefined;

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

  /** Fires the signal. */
  abort(reason: unknown): void {
    (this.#controller ??= new AbortController()).abort(reason);
  }

  /** Sends a value ahead of the result. */
  emit(value: unknown): void {
    this.spoke = true;
    this.#host.emit(this.taskId, value);
  }

  /** Tells how far the call has come. */
  progress(done: number, total?: number): void {
    if (typeof done !== "number" || !(done >= 0)) {
      throw bad("tell progress", "done", done, "a number of at least 0", typeof done === "number");
    }
    if (total !== undefined && (typeof total !== "number" || !(total >= 0))) {
      throw bad("tell progress", "total", total, "a number of at least 0", typeof total === "number");
    }
    this.spoke = true;
    this.#untold = { done, total };
    if (performance.now() - this.#told >= PACE) this.flushProgress();
  }

  /** Tells the progress that was held back; called before the call ends. */
  flushProgress(): void {
    if (!this.#untold) return;
    const { done, total } = this.#untold;
    this.#untold = undefined;
    this.#told = performance.now();
    this.#host.progress(this.taskId, done, total);
  }
}
