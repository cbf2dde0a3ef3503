/**
 * What can run elsewhere: a function that a module exports, named by the module's URL and the export.
 *
 * ```
 * tasks<typeof import("./primes.ts")>(url).isPrime  ->  Task { url, name: "isPrime" }  ->  import(url)["isPrime"](...args)
 *      typed here, nothing is evaluated                    travels as two strings             in the worker
 * ```
 *
 * @module
 */
import { abortSignal, bad, callback, duration, knownOptions, show } from "../core/validate.ts";
import { type RetryOptions, retryPolicy } from "../core/retry.ts";

/** Options that travel with a task, wherever it is submitted. */
export interface TaskOptions {
  /** Longest run in milliseconds, from the start of running; then the task is stopped. @default {Infinity} */
  timeout?: number;
  /** Cancels the task, waiting or running; it rejects with the signal's reason. */
  signal?: AbortSignal;
  /** How often a failed attempt is made again: a count of retries, or the whole policy. @default {0} */
  retry?: number | RetryOptions;
  /** Calls with a higher priority start first; within one priority, in the order they came. @default {0} */
  priority?: number;
  /**
   * Calls with the same key run on the same worker while it lives, so that they find what an earlier one left in
   * `context.state`. A pool remembers the last 10,000 keys.
   */
  affinityKey?: string | number;
  /** Gets what the task passes to `context.emit`, in order, before the task's future settles. */
  onEmit?: (value: unknown) => void;
  /** Gets what the task passes to `context.progress`; the last report comes before the task's future settles. */
  onProgress?: (done: number, total: number | undefined) => void;
  /** Values inside the arguments to move instead of copying (ArrayBuffer, MessagePort, streams); detached here. */
  transfer?: Transferable[];
}

/** Where the code of a task is found: an export of a module, or a shipped source. */
export type TaskSource = { readonly url: string; readonly name: string } | { readonly source: string };

// Carries the argument and result types; never set.
declare const signature: unique symbol;

/**
 * A function that can run elsewhere. Made by {@linkcode tasks}, {@linkcode task} or {@linkcode inline}; cheap, immutable
 * and reusable.
 *
 * @typeParam A The function's parameters.
 * @typeParam R What awaiting the function's result gives.
 *
 * @example A copy with options
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inline } from "@isopool/isopool";
 *
 * const double = inline((n: number) => n * 2);
 * const patient = double.with({ timeout: 1_000 });
 * assertEquals([double.options.timeout, patient.options.timeout], [undefined, 1_000]);
 * ```
 */
export class Task<A extends unknown[] = never, R = unknown> {
  /** @ignore */
  declare readonly [signature]: (...args: A) => R;
  /** Name of the export, or of the inlined function. */
  readonly name: string;
  /** Where the code is found. */
  readonly source: TaskSource;
  /** Options that every submission of this task has. */
  readonly options: Readonly<TaskOptions>;
  /** The function itself, where this isolate has it. */
  readonly local: ((...args: A) => unknown) | undefined;
  /** Settles once the code is known to be able to run elsewhere; only inlined functions need it. */
  readonly verified: Promise<void> | undefined;

  /** @ignore Use {@linkcode tasks}, {@linkcode task} or {@linkcode inline}. */
  constructor(
    name: string,
    source: TaskSource,
    options: TaskOptions = {},
    local?: (...args: A) => unknown,
    verified?: Promise<void>,
  ) {
    this.name = name;
    this.source = source;
    this.options = checkTaskOptions("create task", options);
    this.local = local;
    this.verified = verified;
  }

  /**
   * Returns a copy of this task with further options; options given here win over earlier ones.
   *
   * @throws {TypeError} If an option does not exist or has the wrong type.
   * @throws {RangeError} If an option is out of range.
   */
  with(options: TaskOptions): Task<A, R> {
    checkTaskOptions("create task", options);
    return new Task(this.name, this.source, { ...this.options, ...options }, this.local, this.verified);
  }
}

/** A task whose function is a generator, for `Pool.stream`: what {@linkcode tasks} gives for a streaming export. */
export interface StreamTask<A extends unknown[] = never, Y = unknown> {
  /** Name of the export. */
  readonly name: string;
  /** The module and export. */
  readonly source: TaskSource;
  /** Returns a copy with further options, as {@linkcode Task.with} does. */
  with(options: TaskOptions): StreamTask<A, Y>;
  /** Marks a task whose items are read one by one. */
  readonly stream: (...args: A) => AsyncIterable<Y>;
}

/** The widest function type, for inference only. */
// deno-lint-ignore no-explicit-any -- nothing narrower takes every function
export type AnyFunction = (...args: any[]) => unknown;

/** What running `F` elsewhere means: a task, or a stream of what its generator yields. */
export type TaskOf<F> = F extends (...args: infer A) => infer R ? 0 extends 1 & R ? Task<A, R> // any
  : [R] extends [never] ? Task<A, never>
  : R extends AsyncGenerator<infer Y> | Generator<infer Y> ? StreamTask<A, Y>
  : Task<A, Awaited<R>>
  : never;

/** The typed view of a module's exported functions. An export named `then` is left out: the view must not look like a promise. */
export type Tasks<M> = {
  readonly [K in keyof M as M[K] extends AnyFunction ? Exclude<K, "then"> : never]: TaskOf<M[K]>;
};

/**
 * Returns a typed view of the functions that a module exports. Nothing is loaded here: the worker imports the module
 * and checks the name again, since a type and a URL can diverge. Overloaded functions keep their last overload,
 * generic ones their constraint.
 *
 * @param url Absolute URL of the module: `import.meta.resolve("./primes.ts")`.
 * @param defaults Options for every task of the view.
 * @throws {TypeError} If the URL is relative, or an option is not valid.
 *
 * @example A module of tasks
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Pool, tasks } from "@isopool/isopool";
 *
 * const path = tasks<typeof import("node:path")>("node:path");
 * await using pool = new Pool(1);
 * assertEquals(await pool.submit(path.basename, "/a/b.txt"), "b.txt");
 * ```
 */
export function tasks<M>(url: string | URL, defaults: TaskOptions = {}): Tasks<M> {
  const href = absolute("create tasks", url);
  const options = checkTaskOptions("create tasks", defaults);
  const known = new Map<string, Task>();
  return new Proxy(Object.create(null) as Tasks<M>, {
    get(_, key) {
      if (typeof key === "symbol" || key === "then") return undefined;
      let found = known.get(key);
      if (!found) known.set(key, found = new Task(key, { url: href, name: key }, options));
      return found;
    },
    set(_, key) {
      throw new TypeError(`Cannot set task ${String(key)}: a view of a module is read-only`);
    },
  });
}

/**
 * Makes a task of a function that this very file exports. The worker imports the file, so guard what only the script
 * itself should do with `if (import.meta.main)`.
 *
 * @param meta `import.meta` of the file.
 * @param fn The function, exported under its own name.
 * @throws {TypeError} If `fn` is not a named function.
 *
 * @example Tasks and script in one file
 * ```ts ignore
 * import { Pool, task } from "@isopool/isopool";
 *
 * export function square(n: number): number {
 *   return n * n;
 * }
 *
 * if (import.meta.main) {
 *   await using pool = new Pool(2);
 *   console.log(await pool.map(task(import.meta, square), [1, 2, 3])); // [1, 4, 9]
 * }
 * ```
 */
export function task<A extends unknown[], R>(
  meta: { readonly url: string },
  fn: (...args: A) => R,
  options: TaskOptions = {},
): Task<A, Awaited<R>> {
  if (typeof fn !== "function") throw bad("create task", "fn", fn, "a function that the file exports", false);
  const url = absolute("create task", meta?.url);
  if (fn.name === "" || fn.name === "default") {
    throw new TypeError(
      "Cannot create task: the function has no name: export a named function and pass that, or use inline(fn)",
    );
  }
  return new Task<A, Awaited<R>>(fn.name, { url, name: fn.name }, options, fn);
}

function absolute(call: string, url: unknown): string {
  const text = url instanceof URL ? url.href : url;
  if (typeof text !== "string") {
    throw bad(call, "url", url, 'the absolute URL of a module: import.meta.resolve("./tasks.ts")', false);
  }
  if (!URL.canParse(text)) {
    throw new TypeError(
      `Cannot ${call}: \`url\` is ${show(text)}, which is relative: pass import.meta.resolve(${JSON.stringify(text)})`,
    );
  }
  return new URL(text).href;
}

const TASK_OPTIONS = [
  "timeout",
  "signal",
  "retry",
  "priority",
  "affinityKey",
  "onEmit",
  "onProgress",
  "transfer",
] as const;

function checkTaskOptions(call: string, options: TaskOptions): TaskOptions {
  knownOptions(call, options, TASK_OPTIONS);
  duration(call, "timeout", options.timeout);
  abortSignal(call, "signal", options.signal);
  retryPolicy(call, options.retry);
  const { priority, affinityKey, onEmit, onProgress, transfer } = options;
  if (priority !== undefined && !Number.isFinite(priority)) {
    throw bad(call, "priority", priority, "a finite number", typeof priority === "number");
  }
  if (affinityKey !== undefined && typeof affinityKey !== "string" && typeof affinityKey !== "number") {
    throw bad(call, "affinityKey", affinityKey, "a string or a number", false);
  }
  callback(call, "onEmit", onEmit);
  callback(call, "onProgress", onProgress);
  if (transfer !== undefined && !Array.isArray(transfer)) {
    throw bad(call, "transfer", transfer, "an array of transferable values", false);
  }
  return { ...options };
}
