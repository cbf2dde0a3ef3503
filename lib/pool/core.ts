/**
 * `PoolCore`: the state of one pool, which the files of its public methods share: pool.ts, pool_maps.ts, lifecycle.ts,
 * pool_workers.ts.
 *
 * @module
 */
import { AsyncContext } from "../core/async_context.ts";
import { BrokenPoolError, PoolClosedError, QueueFullError } from "../core/errors.ts";
import { performance, Promise } from "../core/platform.ts";
import { RateLimiter } from "../core/rate.ts";
import { checkRuntime } from "../core/runtime.ts";
import { loadTimers } from "../core/timer.ts";
import { badOption, show } from "../core/validate.ts";
import { UnobservedFailures } from "../future/unobserved_failures.ts";
import { freeCopies } from "../protocol/copy_memory.ts";
import type { TaskEntry } from "../scheduler/job.ts";
import { observe } from "../scheduler/observers.ts";
import { Scheduler } from "../scheduler/scheduler.ts";
import { isTask, type TaskOptions } from "../task/task.ts";
import type { ChildControl, Setup } from "../transport/transport.ts";
import { type Capabilities, checkLimits, runsWithin } from "./backends.ts";
import { type CallOptions, checkCallOptions } from "./call_options.ts";
import { type CallSite, CallSites, type PublicMethod } from "./call_site.ts";
import { type CheckedOptions, checkPoolOptions } from "./check_options.ts";
import { checkNesting } from "./nesting.ts";
import type { PoolOptions } from "./options.ts";
import { checkReadable } from "./readable.ts";
import { hasSubscribers, publisher, reportPool } from "./telemetry.ts";

/** Up to this number of workers, a pool is made without a check of the limits of the process, which takes 0.1 ms. */
const FEW_WORKERS = 8;

/** The schedulers that have not ended. */
const running = new Set<Scheduler>();

/** Counts the living workers of all pools of this isolate. */
export function countWorkers(): number {
  let count = 0;
  for (const scheduler of running) count += scheduler.workerSet.slots.size;
  return count;
}

/** A task that a pool can run. */
export interface Resolved {
  entry: TaskEntry;
  options: TaskOptions;
  /** Settles once it is known whether the task's code can run in another isolate. */
  verified: Promise<void> | undefined;
}

/** The inside of one pool. */
export class PoolCore {
  readonly options: CheckedOptions;
  readonly capabilities: Capabilities;
  readonly scheduler: Scheduler;
  readonly failures: UnobservedFailures;
  readonly #setup: Setup;
  readonly #callSites = new CallSites();
  // Those of the last call: in a loop, the next one has the same.
  #lastOptions: CallOptions | undefined;
  #stopPublishing: (() => void) | undefined;

  /**
   * @param inner Set by other parts of the library only: whether the script may end while the pool runs, where failures
   * are reported that the caller did not observe, and what watches over its worker process.
   */
  constructor(
    given: number | PoolOptions | undefined,
    inner: { daemon?: boolean; failures?: UnobservedFailures; child?: ChildControl } = {},
  ) {
    checkRuntime();
    loadTimers();
    this.failures = inner.failures ?? new UnobservedFailures();
    const options = this.options = checkPoolOptions(given);
    const { capabilities, launch } = options.engine;
    this.capabilities = capabilities;
    if (capabilities.isolated) checkReadable("create pool");
    const usesThisMachine = capabilities.parallel && capabilities.engine !== "cluster";
    checkNesting(options.name, options.workers, usesThisMachine);
    const wanted = typeof given === "number" ? given : given?.workers;
    // A small pool fits nearly always, and its workers are checked when they start. So is a pool that has the default.
    if (usesThisMachine && wanted !== undefined && wanted > FEW_WORKERS) checkLimits("create pool", wanted);
    const { initializer, finalizer } = options.setup;
    const hooks = [initializer, finalizer].flatMap((hook) => hook && "url" in hook.source ? [hook.source.url] : []);
    if (capabilities.isolated) { for (const url of hooks) checkReadable("create pool", url); }
    // The scheduler's constructor starts `minWorkers` workers, before its own list of modules can be read.
    let modules: Iterable<string> = hooks;
    const setup = this.#setup = {
      ...options.setup,
      modules: () => [...modules],
      child: inner.child,
    };
    const ended = Promise.withResolvers<void>();
    const scheduler = this.scheduler = new Scheduler({
      ...options,
      daemon: inner.daemon,
      launch: launch(setup, { resize: (by) => this.#resize(by), ended: ended.promise }),
      concurrency: setup.concurrency,
      // A call on this event loop that is given up costs no thread.
      maxAbandoned: capabilities.parallel ? undefined : Infinity,
      hookTimeout: setup.initializer && setup.timeout,
      rate: options.rate && new RateLimiter(options.rate),
      onFailure: (error) => this.failures.addUnowned(error, `a finalizer of ${options.name}`),
    });
    for (const url of hooks) scheduler.tasks.modules.add(url);
    modules = scheduler.tasks.modules;
    running.add(scheduler);
    reportPool?.(options.name, scheduler, capabilities.isolated);
    void scheduler.ended.then(() => {
      running.delete(scheduler);
      freeCopies();
      ended.resolve();
      if (!inner.failures) this.failures[Symbol.dispose]();
    });
  }

  /** Whether the caller is itself a task of this pool. */
  get nested(): boolean {
    return !this.capabilities.isolated && runsWithin(this.#setup);
  }

  /** Takes the caller's context for calls that run in this isolate: other calls get none, because taking it costs. */
  callContext(): AsyncContext | undefined {
    return this.capabilities.isolated ? undefined : new AsyncContext();
  }

  /** @throws {PoolClosedError | BrokenPoolError} If the pool takes no more calls. */
  checkOpen(action: string): void {
    if (hasSubscribers() !== (this.#stopPublishing !== undefined)) this.#togglePublishing();
    const { state, cause } = this.scheduler;
    if (state === "open") return;
    const { name } = this.options;
    if (state === "broken") throw new BrokenPoolError(`Cannot ${action}: ${name} is broken`, { cause });
    const message = `Cannot ${action}: ${name} is ${state === "terminated" ? state : "closed"}`;
    throw new PoolClosedError(message, cause === undefined ? undefined : { cause });
  }

  /** @throws {QueueFullError} If as many calls wait as `maxQueue` allows. */
  checkRoom(action: string): void {
    if (!this.scheduler.admission.full) return;
    const { name, maxQueue } = this.options;
    throw new QueueFullError(
      `Cannot ${action}: ${name} has as many calls waiting as its \`maxQueue\` of ${maxQueue} allows: ` +
        "await pool.room() before the next one, or raise it",
    );
  }

  /**
   * Finds the scheduler's entry of a task, or of a closure where the backend is not isolated.
   *
   * @throws {TypeError} If it is neither, or a closure on an isolated backend.
   */
  resolve(action: string, task: unknown): Resolved {
    const { scheduler: { tasks }, capabilities: { isolated, engine } } = this;
    if (isTask(task)) {
      const { source, options, verified } = task;
      const known = tasks.modules.size;
      // Where this isolate has the function itself, it need not load the module again.
      let entry = tasks.known(source);
      if (!entry) {
        if (isolated && "url" in source) checkReadable(action, source.url);
        entry = tasks.named(source, isolated ? undefined : task.local);
      }
      // A worker with a scope of its own can load the modules that it was started with, and no others.
      const isScoped = engine === "web" || (engine === "process" && this.#setup.permissions !== undefined);
      if (isScoped && tasks.modules.size > known) void this.scheduler.restart();
      return { entry, options, verified };
    }
    if (typeof task !== "function") {
      throw badOption(action, "task", task, "a task: tasks(url).name, task(import.meta, fn) or inline(fn)", false);
    }
    if (isolated) throw this.#closureError(action, task.name === "" ? "fn" : task.name);
    return { entry: tasks.closure(task as () => unknown), options: {}, verified: undefined };
  }

  /** Captures the call site of a task, if an error of it needs that: on this event loop, one of its time limit does. */
  callSite(
    method: PublicMethod,
    entry: TaskEntry,
    timeout: number | undefined,
    now: number = performance.now(),
  ): CallSite | undefined {
    const { isolated } = this.capabilities;
    return isolated || timeout !== undefined ? this.#callSites.capture(method, entry, isolated, now) : undefined;
  }

  /** Checks the options of a call. Further calls with the same options share what was checked for the first. */
  callOptions(action: string, given: TaskOptions): CallOptions {
    if (this.#lastOptions?.given === given) return this.#lastOptions;
    const options = checkCallOptions(action, given, this);
    // In this isolate each call has a context of its own, and so has the `isRetriable` of each call.
    const isShared = this.capabilities.isolated && typeof (given.retry ?? this.options.retry) !== "object";
    this.#lastOptions = isShared ? options : undefined;
    return options;
  }

  #togglePublishing(): void {
    if (!this.#stopPublishing) this.#stopPublishing = observe(this.scheduler, publisher(this.options.name));
    else {
      this.#stopPublishing();
      this.#stopPublishing = undefined;
    }
  }

  #resize(by: number): void {
    this.options.workers += by;
    this.scheduler.resize(by);
  }

  #closureError(action: string, name: string): TypeError {
    return new TypeError(
      `Cannot ${action}: a closure cannot run on backend ${
        show(this.options.backend)
      }, whose workers share no memory ` +
        `with it. Three ways out:\n` +
        `  1. export it from a module:  const m = tasks<typeof import("./m.ts")>(import.meta.resolve("./m.ts")); m.${name}\n` +
        `  2. export it from this file: task(import.meta, ${name})\n` +
        `  3. if it uses nothing from outside itself: inline(${name})`,
    );
  }
}
