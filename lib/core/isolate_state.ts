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
  readonly state: Record<PropertyKey, unknown>;
  emit(value: unknown): void;
  progress(done: number, total?: number): void;
}

/** A thread's place at the screen that all threads of the process share (terminal.ts). */
export interface TerminalClient {
  readonly memory: SharedArrayBuffer;
  /** Number of the thread. */
  readonly owner: number;
}

/** The shared state. Fields are only ever added, so that versions can meet. */
export interface IsolateState {
  /** Finds the running task; `undefined` where none runs. */
  current: (() => Current | undefined) | undefined;
  /** URL of the task module that is being evaluated, while it is. */
  loading: string | undefined;
  /** Worker-local state. */
  state: Record<PropertyKey, unknown>;
  /** How many pools deep this isolate is: 0 on the main thread. */
  depth: number;
  /** Most threads that the pools above this isolate may have, multiplied. */
  threads: number;
  /** Values to be moved, and what moves with them; made with the first. */
  moves: WeakMap<object, Transferable[]> | undefined;
  /** This isolate's place at the screen, once somebody has asked for it. */
  terminal: TerminalClient | undefined;
  /** Ends this isolate if its host has stopped it: for what blocks where nothing else can end it. */
  checkpoint?: () => void;
}

const KEY = Symbol.for("isopool.scope.1");

/** The isolate's one scope. */
export const scope: IsolateState = (globalThis as Record<symbol, unknown>)[KEY] as IsolateState | undefined ??
  ((globalThis as Record<symbol, unknown>)[KEY] = {
    current: undefined,
    loading: undefined,
    state: Object.create(null),
    depth: 0,
    threads: 1,
    moves: undefined,
    terminal: undefined,
  } satisfies IsolateState);
