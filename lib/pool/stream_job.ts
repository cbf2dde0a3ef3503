/**
 * The job of one `stream`: a call of a generator, whose items reach the reader as the generator yields them.
 *
 * ```
 * the reader takes an item -> resume() -> grant -> the worker yields -> item() -> Collector -> Results
 * ```
 *
 * The generator starts when its results are read. A slow reader holds it back: at most `buffer` items are on their way
 * or wait for the reader.
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { performance } from "../core/platform.ts";
import { refusal } from "../core/validate.ts";
import { Collector } from "../future/collector.ts";
import type { Producer } from "../future/producer.ts";
import { Results } from "../future/results.ts";
import type { UnobservedFailures } from "../future/unobserved_failures.ts";
import type { Shares } from "../protocol/shared_value.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import { describeTask } from "../scheduler/task_name.ts";
import { Chunk, type Failure, type Outcome, type TaskEntry } from "../scheduler/job.ts";
import type { CallSite, PublicMethod } from "./call_site.ts";
import type { PoolCore } from "./core.ts";
import { unreadError } from "./drain.ts";
import type { CallOptions } from "./call_options.ts";
import { type CallArguments, copyArguments, PoolJob } from "./pool_job.ts";
import type { AnyRunnable } from "./runnable.ts";

/** Maximum number of items that wait for the reader of a stream. */
const BUFFER = 16;

/** The options of a stream, checked. */
export interface StreamOptions extends CallOptions {
  /** Settles once it is known whether the task's code can run in another isolate. */
  verified: Promise<void> | undefined;
  /** Throws if the pool takes no more calls. */
  checkOpen: () => void;
}

/**
 * Makes the job of a stream, which starts when its results are read.
 *
 * @throws {TypeError} If the task has `retry` or `deadline`.
 * @throws {TransferError} If the arguments cannot be copied.
 */
export function openStream(core: PoolCore, method: PublicMethod, task: AnyRunnable, args: unknown[]): Results<unknown> {
  const { action } = method;
  const checkOpen = () => core.checkOpen(action);
  checkOpen();
  const { entry, options: given, verified } = core.resolve(action, task);
  if (given.retry) {
    throw refusal(`Cannot ${action}: the task has \`retry\`, and items that were given out cannot be taken back`);
  }
  if (given.deadline !== undefined && given.deadline !== Infinity) {
    throw refusal(
      `Cannot ${action}: the task has \`deadline\`, and a stream's reader decides how long it takes: use \`timeout\`, which ` +
        "counts from the start, or leave the loop",
    );
  }
  const options = { ...core.callOptions(action, given), verified, checkOpen };
  const copy = copyArguments(core, args, given);
  if (copy.refused) throw copy.refused.error;
  const site = core.callSite(method, entry, options.timeout);
  return new Results(new StreamJob(core, entry, copy, options, site).collector);
}

/** A generator that runs on a pool. */
export class StreamJob extends PoolJob implements Producer {
  readonly spread = true;
  readonly shares: Shares | undefined;
  readonly handles: boolean;
  override readonly stream: number = BUFFER;
  readonly collector: Collector<unknown> = new Collector(this, { ordered: true, onError: "throw" });
  readonly #options: StreamOptions;
  readonly #scheduler: Scheduler;
  readonly #failures: UnobservedFailures;
  readonly #site: CallSite | undefined;
  #stopListening = (): void => {};
  #state: "new" | "waiting" | "sent" | "ended" = "new";
  readonly #transfer: Transferable[];
  #args: unknown[];
  #chunk: Chunk | undefined;
  #granted = BUFFER;
  #count = 0;

  constructor(
    { scheduler, failures }: PoolCore,
    task: TaskEntry,
    { args, transfer, handles, shares }: CallArguments,
    options: StreamOptions,
    site: CallSite | undefined,
  ) {
    super("stream", task, options);
    this.#options = options;
    this.shares = shares;
    this.handles = handles;
    this.#args = args;
    this.#transfer = transfer;
    this.#scheduler = scheduler;
    this.#failures = failures;
    this.#site = site;
  }

  /** {@inheritDoc Job.waiting} */
  get waiting(): number {
    return this.#state === "waiting" ? 1 : 0;
  }

  /** {@inheritDoc Job.isOver} */
  get isOver(): boolean {
    return this.#state === "ended";
  }

  /** {@inheritDoc Job.take} */
  take(): Chunk {
    this.#state = "sent";
    return this.#chunk = new Chunk(this, 0, [this.#args], 1, this.#transfer);
  }

  /** {@inheritDoc Job.item} */
  override item(_index: number, value: unknown): void {
    this.collector.fulfill(this.#count++, [value]);
    if (this.collector.isCollecting) this.#grant();
  }

  /** {@inheritDoc Job.fulfill} */
  fulfill(): void {
    this.#end("fulfilled", undefined);
  }

  /** {@inheritDoc Job.fail} */
  fail(_index: number, outcome: Failure, error: unknown): void {
    this.#end(outcome, error);
  }

  /** {@inheritDoc Job.abandon} */
  abandon(outcome: Failure, error: unknown): void {
    if (this.#chunk?.withdraw() === false) this.collector.fail(error, outcome === "cancelled");
    else this.#end(outcome, error);
  }

  /** {@inheritDoc Job.cancelWaiting} */
  cancelWaiting(error: unknown): void {
    if (this.#chunk?.withdraw() !== false) this.#end("cancelled", error);
  }

  /** {@inheritDoc Job.poolDrains} */
  poolDrains(cause?: unknown): void {
    if (this.collector.isReaderWaiting) return;
    this.#stop(unreadError("Stream", cause));
  }

  /** {@inheritDoc Producer.resume} */
  resume(): void {
    if (this.#state === "sent") return this.#grant();
    if (this.#state !== "new") return;
    try {
      this.#options.checkOpen();
    } catch (error) {
      return this.#end("rejected", error);
    }
    this.#scheduler.admit(this);
    this.#stopListening = onAbort(this.#options.signal, (reason) => this.#stop(reason));
    const { verified } = this.#options;
    if (!verified) return this.#enqueue();
    verified.then(() => this.#enqueue(), (error) => this.#end("rejected", error));
  }

  /** {@inheritDoc Producer.stop} */
  stop(reason: unknown): void {
    this.#stop(reason);
  }

  #enqueue(): void {
    if (this.#state !== "new") return;
    this.#state = "waiting";
    this.queuedAt = performance.now();
    this.#scheduler.enqueue(this);
  }

  // Grants half a buffer at a time, because each grant costs a message.
  #grant(): void {
    const chunk = this.#chunk;
    const taken = Math.min(this.collector.readCount, this.#count);
    const owed = taken + BUFFER - this.#granted;
    if (!chunk?.isSent || owed < Math.max(1, BUFFER / 2)) return;
    this.#granted += owed;
    chunk.holder!.grant(chunk, 0, owed);
  }

  #stop(reason: unknown): void {
    if (this.#state === "ended") return;
    const chunk = this.#chunk;
    if (chunk && !chunk.withdraw()) {
      chunk.holder!.stop(chunk, 0, "cancelled", reason);
      this.collector.fail(reason, true);
    } else this.#end("cancelled", reason);
  }

  #end(outcome: Outcome, value: unknown): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#args = [];
    this.#chunk = undefined;
    this.#stopListening();
    this.#scheduler.counters.callEnded(outcome);
    if (outcome === "fulfilled") this.collector.end(this.#count);
    else {
      this.failure = { outcome, error: value };
      this.#site?.addTo(value);
      this.collector.fail(value, outcome === "cancelled");
    }
    this.collector.close(this.#failures, describeTask(this.task));
    this.#scheduler.finish(this);
  }
}
