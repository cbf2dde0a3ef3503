/**
 * From what the caller wants run to a work that the scheduler has: options merged, arguments copied.
 *
 * @module
 */
import { IsopoolError, QueueFullError } from "../core/errors.ts";
import type { Input } from "../core/input.ts";
import { NO_TRANSFER } from "../core/move.ts";
import { duration } from "../core/validate.ts";
import { type Future, observe, outcomeOf, subscribe } from "../future/future.ts";
import { Results } from "../future/results.ts";
import { snapshot } from "../protocol/envelope.ts";
import { openProgress } from "../progress/progress.ts";
import type { SharedEntry } from "../protocol/shared_value.ts";
import type { Slot } from "../scheduler/slot.ts";
import type { TaskEntry } from "../scheduler/job.ts";
import { retryPolicy } from "../core/retry.ts";
import type { Task, TaskOptions } from "../task/task.ts";
import { runsWithin } from "./backends.ts";
import { CallJob, type CallOptions } from "./call_job.ts";
import { type CallSite, CallSites } from "./call_site.ts";
import type { PoolCore } from "./core.ts";
import { MapJob } from "./map_job.ts";
import { checkMapOptions, type ImapOptions } from "./map_options.ts";
import type { ApplyOptions, Closure } from "./pool.ts";
import { type Resolved, resolveTask } from "./resolve_task.ts";
import { hasShared, refer } from "./shared_value.ts";
import { StreamJob } from "./stream_job.ts";

/** A task or closure of any signature. */
export type AnyRunnable = Task<never, unknown> | Closure<never, unknown>;

/** A public method: what a call site is taken from. */
// deno-lint-ignore ban-types -- what Error.captureStackTrace takes
type Face = Function;

/** Items of a stream that may wait for its reader. */
const STREAM_BUFFER = 16;

/** Makes the works of one pool. */
export class Submitter {
  readonly #core: PoolCore;
  readonly #sites = new CallSites();

  constructor(core: PoolCore) {
    this.#core = core;
  }

  /** Submits one call. */
  submit(call: string, face: Face, task: AnyRunnable, args: unknown[], pinned?: Slot): Future<unknown> {
    this.#core.checkOpen(call);
    const { scheduler, options: { name, maxQueue } } = this.#core;
    if (scheduler.admission.full && !pinned) {
      throw new QueueFullError(
        `Cannot ${call}: ${name} has as many calls waiting as its \`maxQueue\` of ${maxQueue} allows: ` +
          "await pool.room() before the next one, or raise it",
      );
    }
    const resolved = this.#resolve(call, task);
    const { plan, sent, refused } = this.#plan(call, resolved.options, args, pinned);
    const work = new CallJob(
      scheduler,
      resolved.entry,
      sent,
      plan,
      this.#core.failures,
      this.#site(face, resolved.entry),
    );
    if (refused !== undefined) work.refuse(refused.error);
    else if (resolved.verified) resolved.verified.then(() => work.enqueue(), (error) => work.refuse(error));
    else work.enqueue();
    return work.future;
  }

  /** Submits one call, and has its end told to callbacks. */
  applyAsync(
    call: string,
    face: Face,
    task: AnyRunnable,
    args: unknown[],
    { callback, errorCallback }: ApplyOptions<never>,
  ): Future<unknown> {
    const future = this.submit(call, face, task, args);
    // A failure that nobody gets told stays to be looked at.
    if (errorCallback) observe(future);
    subscribe(future, () => {
      const { outcome, value } = outcomeOf(future);
      if (outcome === "fulfilled") callback?.(value as never);
      else errorCallback?.(value);
    });
    return future;
  }

  /** Submits one call for each worker, starting those that are missing. */
  broadcast(call: string, face: Face, task: AnyRunnable, args: unknown[]): Future<unknown>[] {
    this.#core.checkOpen(call);
    if (this.#nested) {
      throw new IsopoolError(`Cannot ${call}: a task of the same pool does it, whose own worker would never get to it`);
    }
    // Before the workers are chosen: a module that scoped workers do not have replaces them all.
    this.#resolve(call, task);
    return this.#core.scheduler.workerSet.startAll().map((slot) => this.submit(call, face, task, args, slot));
  }

  /** Maps. */
  map(
    call: string,
    face: Face,
    task: AnyRunnable,
    items: Input<unknown>,
    given: ImapOptions = {},
    { spread, lazy }: { spread: boolean; lazy: boolean },
  ): Results<unknown> {
    this.#core.checkOpen(call);
    const { entry, options, verified } = this.#resolve(call, task);
    if (options.transfer) {
      throw new TypeError(`Cannot ${call}: the task has \`transfer\`, which names values of one call: use submit()`);
    }
    const { scheduler, failures, capabilities: { isolated } } = this.#core;
    const plan = {
      ...checkMapOptions(call, given, options, this.#core.options, lazy),
      task: entry,
      spread,
      copy: isolated,
      given: options,
      nested: this.#nested,
      checkOpen: () => this.#core.checkOpen(call),
      progress: openProgress(call, given, items),
    };
    const job = new MapJob(plan, items, scheduler, failures, this.#site(face, entry));
    if (verified) verified.then(() => job.start(), (error) => job.abandon("rejected", error));
    else job.start();
    return new Results(job.collector);
  }

  /** Streams. */
  stream(call: string, face: Face, task: AnyRunnable, args: unknown[]): Results<unknown> {
    this.#core.checkOpen(call);
    const { entry, options, verified } = this.#resolve(call, task);
    if (options.retry) {
      throw new TypeError(`Cannot ${call}: the task has \`retry\`, and items that were given out cannot be taken back`);
    }
    const { plan, sent, refused } = this.#plan(call, { ...options, retry: 0 }, args);
    if (refused) throw refused.error;
    const job = new StreamJob(
      { ...plan, task: entry, buffer: STREAM_BUFFER, verified, checkOpen: () => this.#core.checkOpen(call) },
      sent,
      this.#core.scheduler,
      this.#core.failures,
      this.#site(face, entry),
    );
    return new Results(job.collector);
  }

  // Merges the options of the task and the pool, and takes a copy of the arguments.
  #plan(call: string, options: TaskOptions, args: unknown[], pinned?: Slot) {
    const pool = this.#core.options;
    const plan: CallOptions = {
      timeout: duration(call, "timeout", options.timeout ?? pool.timeout),
      signal: options.signal,
      retry: retryPolicy(call, options.retry ?? pool.retry),
      transfer: options.transfer ?? NO_TRANSFER,
      pinned,
      given: options,
      nested: this.#nested,
      shares: undefined,
      handles: false,
    };
    let sent = args;
    if (hasShared(args)) {
      const shares = new Map<number, SharedEntry>();
      sent = refer(args, true, shares) as unknown[];
      plan.shares = shares;
    }
    let refused: { error: unknown } | undefined;
    if (this.#core.capabilities.isolated) {
      try {
        ({ args: sent, transfer: plan.transfer, handles: plan.handles } = snapshot(sent, plan.transfer));
      } catch (error) {
        refused = { error };
      }
    }
    return { plan, sent, refused };
  }

  // Whether the caller is itself a call of this pool.
  get #nested(): boolean {
    return !this.#core.capabilities.isolated && runsWithin(this.#core.setup);
  }

  #site(face: Face, entry: TaskEntry): CallSite | undefined {
    return this.#core.capabilities.isolated ? this.#sites.take(face, entry) : undefined;
  }

  #resolve(call: string, task: AnyRunnable): Resolved {
    const { scheduler, options: { backend }, capabilities: { engine, isolated } } = this.#core;
    const { modules } = scheduler.tasks;
    const known = modules.size;
    const resolved = resolveTask(call, task, scheduler.tasks, backend, isolated);
    // A scoped worker can load the modules that it was started with, and no others.
    if (engine === "web" && modules.size > known) void scheduler.restart();
    return resolved;
  }
}
