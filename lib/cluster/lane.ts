/**
 * The transport of a cluster: a lane carries one call at a time to whichever worker host takes it.
 *
 * A lane is a worker as the scheduler sees it. It has no process and no memory of its own, so a lane that is stopped costs
 * nothing: the host stops the call, and a fresh lane takes the place of this one. The number of lanes is the number of
 * calls that the pool has in Redis at a time.
 *
 * @module
 */
import { ClusterError } from "../core/errors.ts";
import { performance } from "../core/platform.ts";
import { clearTimeout, queueMicrotask, setTimeout, type Timer } from "../core/timer.ts";
import { decodeThrown } from "../protocol/error_decoder.ts";
import { encodeThrown } from "../protocol/error_record.ts";
import { resolveShared } from "../protocol/shared_value.ts";
import { decodeItems } from "../protocol/snapshot.ts";
import { reviveValue } from "../protocol/received_value.ts";
import type { Batch, Death, Launch, Setup, Transport, TransportEvents } from "../transport/transport.ts";
import type { Executor } from "./executor.ts";
import { Lanes } from "./lanes.ts";
import type { PoolSettings } from "./options.ts";
import type { WatchedCall } from "./watched_call.ts";
import { defined, packThrown } from "./pack.ts";
import { packCall } from "./size_limit.ts";
import type { JobFailure } from "./wire.ts";

/** Milliseconds for which a lane that could not connect fails calls. Thousands may have waited for it. */
const REFUSAL_TIME = 100;

/**
 * Starts lanes. The first one connects, the last one disconnects. Lanes that cannot connect fail the calls that waited for
 * them, and end: those that take their place connect again.
 */
export function launchLanes(settings: PoolSettings, setup: Setup): Launch {
  if (setup.concurrency > 1) {
    throw new TypeError(
      `Cannot create pool: \`concurrencyPerWorker\` is ${setup.concurrency}, and worker hosts run one call at a time on each ` +
        "of their workers: leave it out, and raise `workers` and the `concurrency` of the hosts",
    );
  }
  const { initializer, finalizer, timeout, memoryLimit, maxTasks, recycleAt, permissions, env } = setup;
  const spec = { initializer, finalizer, timeout, memoryLimit, maxTasks, recycleAt, permissions, env };
  const lanes = new Lanes(settings, defined(spec));
  return (_workerId, events) => new Lane(lanes, events);
}

interface LaneCall {
  readonly seq: number;
  /** What the executor knows about it; `undefined` for a call that it was not given. */
  readonly watched: WatchedCall | undefined;
  startedAt: number | undefined;
  granted: number;
}

class Lane implements Transport {
  readonly window = 1;
  readonly isLoading = false;
  // A call may wait for a free host for hours. The host watches its own workers.
  readonly queuesElsewhere = true;
  readonly #lanes: Lanes;
  readonly #events: TransportEvents;
  readonly #executor: Executor;
  #call: LaneCall | undefined;
  #isEnding = false;
  #hasNotRun = false;
  // Why Redis could not be reached.
  #outage: ClusterError | undefined;
  // Set for as long as this lane stays although it can only fail calls.
  #outageTimer: Timer | undefined;
  // Set from the sending of a call until the report that it has failed.
  #refusalTimer: Timer | undefined;

  constructor(lanes: Lanes, events: TransportEvents) {
    this.#lanes = lanes;
    this.#events = events;
    this.#executor = lanes.enter();
    this.#executor.ready.then(
      () => this.#isEnding || events.ready(),
      (outage: ClusterError) => this.#cannotConnect(outage),
    );
  }

  get free(): number {
    return this.#call || this.#isEnding ? 0 : 1;
  }

  send(batch: Batch): void {
    const { first, job, index, priority, source, items, spread, timeout, hasLimit, attempt, stream, shares } = batch;
    if (this.#outage) return this.#refuse(first, this.#outage);
    let [item] = decodeItems(items, spread) as unknown[];
    if (shares) item = resolveShared(item, spread, (id) => shares.get(id)?.value);
    const handles = batch.handles || shares?.values().some((share) => share.handles) === true;
    const text = packCall({
      ...{ call: [this.#lanes.numberOf(job), index], item, handles, spread, timeout, hasLimit, attempt, stream },
      traceparent: batch.traceparent,
    }, this.#lanes.sizeLimit);
    // The host must report at once when a call with a time limit starts, and what a stream yields.
    const mayShare = timeout === undefined && stream === 0;
    const task = this.#lanes.taskOf(source);
    const watched = this.#executor.submit({ task, text, priority, mayShare }, {
      started: () => {
        // The host may have to start a worker first: the time of a limit does not count meanwhile.
        if (timeout === undefined) this.#started();
      },
      news: (news) => {
        if (news.kind === "started") this.#started();
        else if (news.kind === "progress") this.#events.progress(first, news.done, news.total);
        else this.#events.item(first, reviveValue(news.value, false, news.errors));
      },
      ended: ({ value, errors, ms }) => {
        this.#call = undefined;
        task.measured(ms);
        this.#events.fulfilled(first, [reviveValue(value, false, errors)]);
        this.#events.measured(1, ms);
      },
      failed: (failure) => this.#failed(first, failure),
    });
    this.#call = { seq: first, watched, startedAt: undefined, granted: stream };
  }

  // A host may have taken the call: only `cancel` can find that out, in Redis.
  withdraw(): boolean {
    return false;
  }

  // Only Redis knows whether a host has taken it. Behind an initializer that failed, it has not run.
  hasStarted(): boolean {
    return !this.#hasNotRun;
  }

  // As far as its host has reported: a call of some milliseconds ends before the report of its start.
  isQueued(seq: number): boolean {
    return !this.isRunning(seq);
  }

  // A call that its host has returned waits again, although it has the time of its first start.
  isRunning(seq: number): boolean {
    return this.startedAt(seq) !== undefined && this.#call?.watched?.isStarted === true;
  }

  startedAt(seq: number): number | undefined {
    return this.#call?.seq === seq ? this.#call.startedAt : undefined;
  }

  cancel(seq: number, reason: unknown): void {
    const call = this.#call;
    if (call?.seq === seq && call.watched) void this.#cancel(call, call.watched, reason);
  }

  grant(seq: number, count: number): void {
    const call = this.#call;
    if (call?.seq !== seq || !call.watched) return;
    call.granted += count;
    this.#executor.control(call.watched, { kind: "grant", total: call.granted });
  }

  drop(): void {
    // There is nothing to drop: a call carries its shared values with it, and no host keeps them.
  }

  close(): void {
    queueMicrotask(() => this.#end({ reason: "terminated" }));
  }

  kill(): void {
    if (this.#call?.watched) this.#executor.giveUp(this.#call.watched);
    queueMicrotask(() => this.#end({ reason: "terminated" }));
  }

  #cannotConnect(outage: ClusterError): void {
    this.#lanes.failed(this.#executor);
    if (this.#isEnding) return;
    this.#outage = outage;
    this.#events.ready(outage);
    this.#outageTimer = setTimeout(() => {
      this.#outageTimer = undefined;
      if (!this.#call) void this.#end({ reason: "terminated" });
    }, REFUSAL_TIME);
  }

  #refuse(seq: number, { message, cause }: ClusterError): void {
    this.#call = { seq, watched: undefined, startedAt: undefined, granted: 0 };
    // Not at once: a pool with many calls would not let the event loop go on.
    this.#refusalTimer = setTimeout(() => {
      this.#call = undefined;
      if (this.#outageTimer === undefined) void this.#end({ reason: "terminated" });
      this.#events.rejected(seq, new ClusterError(message, { cause }));
    }, 0);
  }

  #started(): void {
    if (this.#call) this.#call.startedAt ??= performance.now();
  }

  async #cancel(call: LaneCall, watched: WatchedCall, reason: unknown): Promise<void> {
    const packed = packThrown(encodeThrown(reason), (thrown) => thrown);
    if (!await this.#executor.cancel(watched, packed) || this.#call !== call || this.#isEnding) {
      return;
    }
    this.#call = undefined;
    this.#events.rejected(call.seq, reason);
  }

  #failed(seq: number, failure: JobFailure): void {
    if (failure.kind === "thrown") {
      this.#call = undefined;
      return this.#events.rejected(seq, decodeThrown(failure.thrown));
    }
    const { reason, exitCode, cause } = failure;
    this.#hasNotRun = reason === "initializer";
    this.#end({ reason, cause: decodeThrown(cause), ...exitCode !== undefined && { exitCode } });
  }

  async #end(death: Death): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    clearTimeout(this.#outageTimer);
    clearTimeout(this.#refusalTimer);
    await this.#lanes.leave(this.#executor);
    this.#events.exit(death);
  }
}
