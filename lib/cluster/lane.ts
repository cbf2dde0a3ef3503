/**
 * The transport of a cluster: a lane carries one call at a time to whichever worker host takes it.
 *
 * A lane is a worker as the scheduler sees it. It has no process and no memory of its own, so a lane that is stopped costs
 * nothing: the host stops the call, and a fresh lane takes the place of this one. The number of lanes is the number of
 * calls that the pool has in Redis at a time.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { queueMicrotask } from "../core/timer.ts";
import { decodeThrown, encodeThrown } from "../protocol/error_record.ts";
import { resolveShared } from "../protocol/shared_value.ts";
import { decodeItems } from "../protocol/snapshot.ts";
import { reviveValue } from "../protocol/value_messages.ts";
import type { Batch, Death, Launch, Setup, Transport, TransportEvents } from "../transport/transport.ts";
import { Executor } from "./executor.ts";
import type { PoolSettings } from "./options.ts";
import type { Source } from "../protocol/messages.ts";
import { type JobFailure, type JobRequest, pack, packRequest, type WorkerSpec } from "./wire.ts";

/** Starts lanes. The first one connects, the last one disconnects. */
export function launchLanes(settings: PoolSettings, setup: Setup): Launch {
  if (setup.concurrency > 1) {
    throw new TypeError(
      `Cannot create pool: \`concurrencyPerWorker\` is ${setup.concurrency}, and worker hosts run one call at a time on each ` +
        "of their workers: leave it out, and raise `workers` and the `concurrency` of the hosts",
    );
  }
  const { initializer, finalizer, timeout, memoryLimit, permissions, env } = setup;
  const lanes = new Lanes(settings, { initializer, finalizer, timeout, memoryLimit, permissions, env });
  return (_workerId, events) => new Lane(lanes, events);
}

/** The lanes of one pool. */
class Lanes {
  readonly spec: WorkerSpec;
  readonly #settings: PoolSettings;
  readonly #jobs = new WeakMap<object, number>();
  #executor: Executor | undefined;
  #count = 0;
  #jobCount = 0;

  constructor(settings: PoolSettings, spec: WorkerSpec) {
    this.#settings = settings;
    this.spec = spec;
  }

  /** The largest request that Redis takes. */
  get sizeLimit(): number {
    return this.#settings.sizeLimit;
  }

  /** Numbers a job of the pool. */
  numberOf(job: object): number {
    let number = this.#jobs.get(job);
    if (number === undefined) this.#jobs.set(job, number = this.#jobCount++);
    return number;
  }

  /** Returns the local modules that a call needs. */
  localModules(source: Source): string[] {
    if (!this.#settings.sendModules) return [];
    const { initializer, finalizer } = this.spec;
    const urls = [source, initializer?.source, finalizer?.source].flatMap((each) =>
      each && "url" in each ? each.url : []
    );
    return [...new Set(urls.filter((url) => url.startsWith("file:")))];
  }

  enter(): Executor {
    this.#count++;
    return this.#executor ??= new Executor(this.#settings);
  }

  async leave(): Promise<void> {
    if (--this.#count > 0) return;
    const executor = this.#executor;
    this.#executor = undefined;
    await executor?.close();
  }
}

class Lane implements Transport {
  readonly window = 1;
  readonly isLoading = false;
  readonly #lanes: Lanes;
  readonly #events: TransportEvents;
  readonly #executor: Executor;
  #call: { seq: number; id: string; startedAt: number | undefined; granted: number } | undefined;
  #isEnding = false;
  #hasNotRun = false;

  constructor(lanes: Lanes, events: TransportEvents) {
    this.#lanes = lanes;
    this.#events = events;
    this.#executor = lanes.enter();
    this.#executor.ready.then(
      () => this.#isEnding || events.ready(),
      (cause) => this.#end({ reason: "uncaught", cause }),
    );
  }

  get free(): number {
    return this.#call || this.#isEnding ? 0 : 1;
  }

  send(batch: Batch): void {
    const { first, job, index, priority, source, items, spread, timeout, hasLimit, attempt, stream, shares } = batch;
    let [item] = decodeItems(items, spread) as unknown[];
    if (shares) item = resolveShared(item, spread, (id) => shares.get(id)?.value);
    const handles = batch.handles || shares?.values().some((share) => share.handles) === true;
    const request: JobRequest = {
      ...{ call: [this.#lanes.numberOf(job), index], source, item, handles, spread },
      ...{ timeout, hasLimit, attempt, stream },
      sizeLimit: this.#lanes.sizeLimit,
      traceparent: batch.traceparent,
      spec: this.#lanes.spec,
    };
    const call = {
      name: "url" in source ? source.name : "inline",
      request: packRequest(request),
      urls: this.#lanes.localModules(source),
      priority,
    };
    const id = this.#executor.submit(call, {
      started: () => {
        // The host may have to start a worker first: the time of a limit does not count meanwhile.
        if (timeout === undefined) this.#started();
      },
      news: (news) => {
        if (news.kind === "started") this.#started();
        else if (news.kind === "progress") this.#events.progress(first, news.done, news.total);
        else this.#events.item(first, reviveValue(news.value, false, news.errors));
      },
      ended: ({ value, errors }) => {
        this.#call = undefined;
        this.#events.fulfilled(first, [reviveValue(value, false, errors)]);
      },
      failed: (failure) => this.#failed(first, failure),
    });
    this.#call = { seq: first, id, startedAt: undefined, granted: stream };
  }

  // A host may have taken the call: only `cancel` can find that out, by its claim in Redis.
  withdraw(): boolean {
    return false;
  }

  // Only Redis knows whether a host has taken it. Behind an initializer that failed, it has not run.
  hasStarted(): boolean {
    return !this.#hasNotRun;
  }

  // A call may wait for a free host for hours. The host watches its own workers.
  isQueued(): boolean {
    return false;
  }

  isRunning(seq: number): boolean {
    return this.startedAt(seq) !== undefined;
  }

  startedAt(seq: number): number | undefined {
    return this.#call?.seq === seq ? this.#call.startedAt : undefined;
  }

  cancel(seq: number, reason: unknown): void {
    const call = this.#call;
    if (call?.seq === seq) void this.#cancel(call, reason);
  }

  grant(seq: number, count: number): void {
    const call = this.#call;
    if (call?.seq !== seq) return;
    call.granted += count;
    this.#executor.control({ kind: "grant", id: call.id, total: call.granted });
  }

  drop(): void {
    // There is nothing to drop: a call carries its shared values with it, and no host keeps them.
  }

  close(): void {
    queueMicrotask(() => this.#end({ reason: "terminated" }));
  }

  kill(): void {
    if (this.#call) this.#executor.giveUp(this.#call.id);
    queueMicrotask(() => this.#end({ reason: "terminated" }));
  }

  #started(): void {
    if (this.#call) this.#call.startedAt ??= performance.now();
  }

  async #cancel(call: { seq: number; id: string }, reason: unknown): Promise<void> {
    const thrown = encodeThrown(reason);
    if (!await this.#executor.cancel(call.id, pack({ thrown })) || this.#call !== call || this.#isEnding) return;
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
    await this.#lanes.leave();
    this.#events.exit(death);
  }
}
