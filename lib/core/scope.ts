/**
 * What one isolate shares between its copies of this library: the context of the running task, and whether a task
 * module is being loaded. It hangs on `globalThis` under a registered symbol, because the task's module may import
 * another copy (another version, or the same one through another URL) than the worker's entry does.
 *
 * @module
 */

/** The running task, as {@linkcode context} shows it. */
export interface Current {
  readonly signal: AbortSignal;
  readonly workerId: number;
  readonly taskId: number;
  readonly attempt: number;
}

/** The shared state. Fields are only ever added, so that versions can meet. */
export interface Scope {
  /** Finds the running task; `undefined` where none runs. */
  current: (() => Current | undefined) | undefined;
  /** URL of the task module that is being evaluated, while it is. */
  loading: string | undefined;
  /** Worker-local state. */
  state: Record<PropertyKey, unknown>;
}

const KEY = Symbol.for("isopool.scope.1");

/** The isolate's one scope. */
export const scope: Scope = (globalThis as Record<symbol, unknown>)[KEY] as Scope | undefined ??
  ((globalThis as Record<symbol, unknown>)[KEY] = {
    current: undefined,
    loading: undefined,
    state: Object.create(null),
  } satisfies Scope);

/** A running call. Its signal is made when somebody asks for it: most tasks never do. */
export class RunningTask implements Current {
  readonly workerId: number;
  readonly taskId: number;
  readonly attempt: number;
  #controller: AbortController | undefined;

  constructor(workerId: number, taskId: number, attempt: number) {
    this.workerId = workerId;
    this.taskId = taskId;
    this.attempt = attempt;
  }

  /** Aborts when the call is cancelled. */
  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal;
  }

  /** Fires the signal. */
  abort(reason: unknown): void {
    (this.#controller ??= new AbortController()).abort(reason);
  }
}
