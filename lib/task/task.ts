/**
 * `Task`: a function that can run on a worker, named by the URL of its module and the name of its export.
 *
 * ```
 * tasks<typeof import("./primes.ts")>(url).isPrime  ->  Task { url, name: "isPrime" }  ->  import(url)["isPrime"](...args)
 *      typed here, nothing is evaluated                    sent as two strings                in the worker
 * ```
 *
 * @module
 */
import { URL as RuntimeURL } from "../core/platform.ts";
import { badOption, isA, isOptions, refusal, show } from "../core/validate.ts";
import { checkTaskOptions, type TaskOptions } from "./task_options.ts";

export type { TaskOptions };

/** The code of a task: an export of a module, or the source of an inlined function. */
export type TaskSource = { readonly url: string; readonly name: string } | { readonly source: string };

/** Whether the source of an inlined function is self-contained. */
export interface Verification {
  /** As long as that is not known, and for ever if it is not: the next calls wait for it. */
  pending: Promise<void> | undefined;
}

// Type of the task's function; no value ever has this property.
declare const signature: unique symbol;

/**
 * A function that can run on a worker, created by {@linkcode tasks}, {@linkcode task} or {@linkcode inline}. A task is an
 * immutable object and costs nothing until it is submitted: create it once and submit it often. For a pool with the
 * `"async"` backend no task is needed, because it takes any function.
 *
 * @typeParam A The function's parameters.
 * @typeParam R What awaiting the function's result gives.
 *
 * @example Give a task a timeout
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inline } from "@isopool/isopool";
 *
 * const double = inline((n: number) => n * 2);
 * const limited = double.with({ timeout: 1_000 });
 * assertEquals([double.options.timeout, limited.options.timeout], [undefined, 1_000]);
 * ```
 */
export class Task<A extends unknown[] = never, R = unknown> {
  /** @ignore */
  declare readonly [signature]: (...args: A) => R;
  /** Name of the export, or of the inlined function. */
  readonly name: string;
  /** The module and export, or the source. */
  readonly source: TaskSource;
  /** Options of every submission of this task. */
  readonly options: Readonly<TaskOptions>;
  /** The function itself, if this isolate has it. */
  readonly local: ((...args: A) => unknown) | undefined;
  readonly #verification: Verification | undefined;

  /** @ignore Use {@linkcode tasks}, {@linkcode task} or {@linkcode inline}. */
  constructor(
    name: string,
    source: TaskSource,
    options: TaskOptions = {},
    local?: (...args: A) => unknown,
    verification?: Verification,
  ) {
    this.name = name;
    this.source = source;
    this.options = checkTaskOptions("create task", options);
    this.local = local;
    this.#verification = verification;
  }

  /**
   * Resolves when the source of an inlined function is found self-contained, else rejects; `undefined` from then on, and for
   * other tasks.
   */
  get verified(): Promise<void> | undefined {
    return this.#verification?.pending;
  }

  /**
   * Returns a copy of this task with more options; they replace earlier options of the same name.
   *
   * @throws {TypeError} If an option does not exist or has the wrong type.
   * @throws {RangeError} If an option is out of range.
   */
  with(options: TaskOptions): Task<A, R> {
    checkTaskOptions("change task options", options); // Before the spread, which takes any value.
    return new Task(this.name, this.source, { ...this.options, ...options }, this.local, this.#verification);
  }
}

/** A task whose function is a generator, for `Pool.stream`: the type that {@linkcode tasks} gives to such an export. */
export interface StreamTask<A extends unknown[] = never, Y = unknown> {
  /** Name of the export. */
  readonly name: string;
  /** The module and export. */
  readonly source: TaskSource;
  /** Returns a copy with more options, as {@linkcode Task.with} does. */
  with(options: TaskOptions): StreamTask<A, Y>;
  /** Type of the generator function; only a type, never set. */
  readonly stream: (...args: A) => AsyncIterable<Y>;
}

/** The widest function type, for inference only. */
// deno-lint-ignore no-explicit-any -- nothing narrower takes every function
export type AnyFunction = (...args: any[]) => unknown;

/** The task of a function `F`: a stream task if `F` is a generator function, else a task. */
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
 * Returns an object with a task for each function that a module exports. Nothing is loaded here: the worker imports the
 * module, and checks that the export exists, because the type `M` and the URL might not match. An overloaded
 * function keeps its last overload, a generic function its constraint.
 *
 * Each worker imports the module once. For a short function that needs no module, {@linkcode inline} is shorter.
 *
 * @param url Absolute URL of the module: `import.meta.resolve("./primes.ts")`.
 * @param defaults Options of every task of the object.
 * @throws {TypeError} If the URL is relative, or an option is not valid.
 *
 * @example Run a function of a module
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
  const created = new Map<string, Task>();
  return new Proxy(Object.create(null) as Tasks<M>, {
    get(_, key) {
      if (typeof key === "symbol" || key === "then") return undefined;
      let found = created.get(key);
      if (!found) created.set(key, found = new Task(key, { url: href, name: key }, options));
      return found;
    },
    set(_, key) {
      throw refusal(
        `Cannot set task ${
          String(key)
        }: a view of a module is read-only: use .with(options) for a task with other options`,
      );
    },
  });
}

/**
 * Makes a task of a function that the calling file exports. The worker imports this file too, so put the code that only
 * the script should run into `if (import.meta.main)`. If the file imports much or starts slowly, put tasks into a file of
 * their own and use {@linkcode tasks}: each worker pays for the imports.
 *
 * @param meta `import.meta` of the file.
 * @param fn The function, exported under its own name.
 * @throws {TypeError} If `fn` is not a named function.
 *
 * @example Write task and script in one file
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
  if (typeof fn !== "function") throw badOption("create task", "fn", fn, "a function that the file exports", false);
  if (!isOptions(meta)) throw badOption("create task", "meta", meta, META, false);
  const url = absolute("create task", meta.url);
  if (fn.name === "" || fn.name === "default") {
    throw refusal(
      "Cannot create task: the function has no name: export a named function and pass that, or use inline(fn)",
    );
  }
  return new Task<A, Awaited<R>>(fn.name, { url, name: fn.name }, options, fn);
}

const META = 'import.meta, or { url: import.meta.resolve("./tasks.ts") }';

function absolute(call: string, url: unknown): string {
  const text = isA(url, RuntimeURL) ? url.href : url;
  if (typeof text !== "string") {
    throw badOption(call, "url", url, 'the absolute URL of a module: import.meta.resolve("./tasks.ts")', false);
  }
  if (!RuntimeURL.canParse(text)) {
    throw refusal(
      `Cannot ${call}: \`url\` is ${show(text)}, which is relative: pass import.meta.resolve(${show(text)})`,
    );
  }
  return new RuntimeURL(text).href;
}

/** Whether a value is a task; `false` for a revoked proxy. Three times as fast as `isA`, which takes any class. */
export function isTask(value: unknown): value is Task {
  try {
    return value instanceof Task;
  } catch {
    return false;
  }
}
