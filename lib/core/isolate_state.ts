/**
 * The state of one isolate that all copies of this library in it share: the running task, the task module that is being
 * loaded, worker-local state. It is a property of `globalThis` under a registered symbol, because a task's module may
 * import another copy of the library (another version, or the same one through another URL) than the worker's entry does.
 *
 * @module
 */

/** The running task, as {@linkcode context} shows it. */
export interface Current {
  readonly signal: AbortSignal;
  readonly workerId: number;
  readonly taskId: number;
  readonly attempt: number;
  readonly state: Record<PropertyKey, unknown>;
  emit(value: unknown): void;
  progress(done: number, total?: number): void;
}

/** One thread's access to the terminal that all threads of the process share (terminal.ts). */
export interface TerminalClient {
  readonly memory: SharedArrayBuffer;
  /** Number of the thread as an owner of the terminal's lock. */
  readonly owner: number;
}

/** The shared state. Fields are only ever added: two versions of the library may share it. */
export interface IsolateState {
  /** Returns the running task; `undefined` if no task runs. */
  current: (() => Current | undefined) | undefined;
  /** URL of the task module while it is being evaluated, else `undefined`. */
  loading: string | undefined;
  /** Worker-local state. */
  state: Record<PropertyKey, unknown>;
  /** Number of pools above this isolate, one inside the other: 0 on the main thread. */
  depth: number;
  /** Product of the maximum worker counts of the pools above this isolate. */
  threads: number;
  /** Values marked by `move()`, with the objects to transfer; created by the first `move()`. */
  moves: WeakMap<object, Transferable[]> | undefined;
  /** This isolate's access to the terminal; created on first use. */
  terminal: TerminalClient | undefined;
  /** Ends this isolate if its host has stopped it. Blocking calls use it where a forced stop cannot reach them. */
  checkpoint?: () => void;
}

const KEY = Symbol.for("isopool.isolate.1");

/** The one shared state of this isolate. */
export const isolateState: IsolateState = (globalThis as Record<symbol, unknown>)[KEY] as IsolateState | undefined ??
  ((globalThis as Record<symbol, unknown>)[KEY] = {
    current: undefined,
    loading: undefined,
    state: Object.create(null),
    depth: 0,
    threads: 1,
    moves: undefined,
    terminal: undefined,
  } satisfies IsolateState);
