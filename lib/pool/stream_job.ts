/**
 * One call of a generator: its items come as they are yielded, and it is held back when nobody reads them.
 *
 * ```
 * reader takes one -> resume() -> grant -> worker yields -> item() -> Collector -> Results
 * ```
 *
 * It starts when it is read. At most `buffer` items are on their way or waiting.
 *
 * @module
 */
import { onAbort } from "../core/abort.ts";
import { CancelledError } from "../core/errors.ts";
import { Collector, type Producer } from "../future/collector.ts";
import type { UnobservedFailures } from "../future/unobserved_failures.ts";
import type { Shares } from "../protocol/shared_value.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import { Chunk, type Failure, type Outcome, type TaskEntry } from "../scheduler/job.ts";
import type { CallSite } from "./call_site.ts";
import type { CallOptions } from "./call_job.ts";
import { PoolJob } from "./pool_job.ts";

/** What a stream is made of, besides its arguments. */
export interface StreamPlan extends Omit<CallOptions, "retry" | "onEmit"> {
  task: TaskEntry;
  /** Items that may wait for the reader. */
  buffer: number;
  /** Resolves once the code is known to be able to run elsewhere. */
  verified: Promise<void> | undefined;
  /** Throws if the pool takes no more work. */
  checkOpen: () => void;
}

/** A generator that runs on a pool. */
export class StreamJob extends PoolJob implements Producer {
  readonly spread = true;
  readonly shares: Shares | undefined;
  readonly handles: boolean;
  readonly stream: number;
  readonly collector: Collector<unknown> = new Collector(this, { ordered: true, onError: "throw" });
  readonly #plan: StreamPlan;
  readonly #scheduler: Scheduler;
  readonly #failures: UnobservedFailures;
  readonly #site: CallSite | undefined;
  #deaf = (): void => {};
  #state: "new" | "waiting" | "sent" | "ended" = "new";
  #args: unknown[];
  #chunk: Chunk | undefined;
  #granted: number;
  #count = 0;

  constructor(
    plan: StreamPlan,
    args: unknown[],
    scheduler: Scheduler,
    failures: UnobservedFailures,
    site: CallSite | undefined,
  ) {
    super(plan.task, plan);
    this.#plan = plan;
    this.shares = plan.shares;
    this.handles = plan.handles ?? false;
    this.stream = this.#granted = plan.buffer;
    this.#args = args;
    this.#scheduler = scheduler;
    this.#failures = failures;
    this.#site = site;
  }

  /** {@inheritDoc Work.waiting} */
  get waiting(): number {
    return this.#state === "waiting" ? 1 : 0;
  }

  /** {@inheritDoc Work.over} */
  get isOver(): boolean {
    return this.#state === "ended";
  }

  /** {@inheritDoc Work.take} */
  take(): Chunk {
    this.#state = "sent";
    return this.#chunk = new Chunk(this, 0, [this.#args], 1, this.#plan.transfer);
  }

  /** {@inheritDoc Work.item} */
  override item(_index: number, value: unknown): void {
    this.collector.fulfill(this.#count++, [value]);
    if (this.collector.collecting) this.#grant();
  }

  /** {@inheritDoc Work.fulfil} */
  fulfill(): void {
    this.#end("fulfilled", undefined);
  }

  /** {@inheritDoc Work.fail} */
  fail(_index: number, outcome: Failure, error: unknown): void {
    this.#end(outcome, error);
  }

  /** {@inheritDoc Work.abandon} */
  abandon(outcome: Failure, error: unknown): void {
    if (this.#chunk?.withdraw() === false) this.collector.fail(error);
    else this.#end(outcome, error);
  }

  /** {@inheritDoc Work.cancelWaiting} */
  cancelWaiting(error: unknown): void {
    if (this.#chunk?.withdraw() !== false) this.#end("cancelled", error);
  }

  /** {@inheritDoc Work.blockEnded} */
  blockEnded(): void {
    if (this.collector.awaited) return;
    this.#stop(new CancelledError("Stream was cancelled: its pool's block ended before it was read"));
  }

  /** {@inheritDoc Producer.resume} */
  resume(): void {
    if (this.#state === "sent") return this.#grant();
    if (this.#state !== "new") return;
    try {
      this.#plan.checkOpen();
    } catch (error) {
      return this.#end("rejected", error);
    }
    this.#scheduler.admit(this);
    this.#deaf = onAbort(this.#plan.signal, (reason) => this.#stop(reason));
    const { verified } = this.#plan;
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

  // Half a buffer at a time: a grant costs a message.
  #grant(): void {
    const chunk = this.#chunk;
    const taken = Math.min(this.collector.taken, this.#count);
    const owed = taken + this.#plan.buffer - this.#granted;
    if (!chunk?.isSent || owed < Math.max(1, this.#plan.buffer / 2)) return;
    this.#granted += owed;
    chunk.slot!.grant(chunk, 0, owed);
  }

  #stop(reason: unknown): void {
    if (this.#state === "ended") return;
    const chunk = this.#chunk;
    if (chunk && !chunk.withdraw()) {
      chunk.slot!.stop(chunk, 0, "cancelled", reason);
      this.collector.fail(reason);
    } else this.#end("cancelled", reason);
  }

  #end(outcome: Outcome, value: unknown): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#args = [];
    this.#chunk = undefined;
    this.#deaf();
    this.#scheduler.counters.callEnded(outcome);
    if (outcome === "fulfilled") this.collector.end(this.#count);
    else {
      this.#site?.addTo(value);
      this.collector.fail(value);
    }
    this.collector.close(this.#failures);
    this.#scheduler.finish(this);
  }
}
