/**
 * Workers whose every step a test takes by hand, behind the scheduler's `Transport` seam, and a work to give them.
 *
 * @module
 */
import type { Scheduler } from "../../lib/scheduler/scheduler.ts";
import { turn } from "../core/within.ts";
import { Chunk, type Failure, type Job, type Outcome, type TaskEntry } from "../../lib/scheduler/job.ts";
import type { Batch, Death, Launch, Setup, Transport, TransportEvents } from "../../lib/transport/transport.ts";

/** A call that a hand worker was sent. */
export interface HandCall {
  seq: number;
  item: unknown;
  state: "queued" | "running" | "settled" | "withdrawn";
  startedAt: number | undefined;
}

/** One worker; calls start in the order of their numbers, one at a time, as with any transport. */
export class HandWorker implements Transport {
  readonly window: number;
  readonly free = Infinity;
  readonly batches: Batch[] = [];
  readonly signals: { seq: number; reason: unknown }[] = [];
  readonly calls: HandCall[] = [];
  closes = 0;
  kills = 0;
  gone = false;

  constructor(readonly id: number, readonly events: TransportEvents, readonly fleet: HandFleet) {
    this.window = fleet.window;
  }

  send(batch: Batch): void {
    this.fleet.refuse?.(batch);
    this.batches.push({ ...batch, items: [...batch.items] });
    batch.items.forEach((item, i) => {
      this.calls[batch.first + i] = { seq: batch.first + i, item, state: "queued", startedAt: undefined };
    });
  }

  withdraw(seq: number): boolean {
    // A call that bounces between line and worker for ever shall end its test, not the machine.
    if (this.calls[seq].state !== "queued" || this.gone || this.batches.length > 500) return false;
    this.calls[seq].state = "withdrawn";
    return true;
  }

  startedAt(seq: number): number | undefined {
    return this.calls[seq].state === "running" ? this.calls[seq].startedAt : undefined;
  }

  hasStarted(seq: number): boolean {
    return this.calls[seq].state !== "queued";
  }

  cancel(seq: number, reason: unknown): void {
    this.signals.push({ seq, reason });
  }

  grant(): void {
    throw new Error("a hand worker streams nothing");
  }

  drop(): void {
    throw new Error("a hand worker shares nothing");
  }

  close(): void {
    this.closes++;
    if (this.fleet.obedient) this.die({ reason: "terminated" });
  }

  kill(): void {
    this.kills++;
    if (this.fleet.obedient) this.die({ reason: "terminated" });
  }

  /** The items of calls that have neither ended nor been taken back. */
  get held(): unknown[] {
    return this.calls.filter(({ state }) => state === "queued" || state === "running").map(({ item }) => item);
  }

  /** The call that runs. */
  get running(): HandCall | undefined {
    return this.calls.find(({ state }) => state === "running");
  }

  /** Starts the next call; returns its item. */
  start(): unknown {
    const call = this.calls.find(({ state }) => state === "queued")!;
    call.state = "running";
    call.startedAt = performance.now();
    return call.item;
  }

  /** Ends the running call, starting the next one if none runs; the answer of a call is its item. */
  end(ok = true, value?: unknown): void {
    if (!this.running) this.start();
    const call = this.running!;
    call.state = "settled";
    if (ok) this.events.fulfilled(call.seq, [value ?? call.item]);
    else this.events.rejected(call.seq, value ?? call.item);
  }

  /** Ends calls until none is left, and reports their time. */
  endAll(msEach = 1): void {
    let count = 0;
    for (; this.held.length > 0; count++) this.end();
    this.events.measured(count, msEach * count);
  }

  /** The worker is gone. */
  die(death: Death): void {
    if (this.gone) return;
    this.gone = true;
    queueMicrotask(() => this.events.exit(death));
  }
}

/** Every worker that was started. */
export class HandFleet {
  readonly all: HandWorker[] = [];
  /** Whether workers take calls as soon as they are started. */
  eager = true;
  /** Whether workers die when told to. */
  obedient = true;
  /** Throws if a batch cannot be sent. */
  refuse: ((batch: Batch) => void) | undefined;

  constructor(readonly window = 64) {}

  readonly launch: Launch = (id, events) => {
    const worker = new HandWorker(id, events, this);
    this.all.push(worker);
    if (this.eager) queueMicrotask(() => worker.gone || events.ready());
    return worker;
  };
}

/** Lets every worker end its calls, turn by turn, until the works are done. */
export async function finish(fleet: HandFleet, ...works: ListWork[]): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (works.some((work) => work.unfinished)) {
    for (const worker of fleet.all) if (!worker.gone && worker.held.length > 0) worker.endAll(0.1);
    await turn();
    if (performance.now() > deadline) throw new Error("Some calls did not settle within 10 s");
  }
}

/** How a call of a {@linkcode ListWork} ended. */
export interface End {
  outcome: Outcome;
  value: unknown;
  workerId: number | undefined;
}

/** A work with a list of items. */
export class ListWork implements Job {
  readonly spread = false;
  readonly stream = 0;
  queuedAt = 0;
  readonly shares = undefined;
  readonly handles = false;
  readonly limited: boolean;
  isOver = false;
  /** What was reported for each item; more than one entry is a bug. */
  readonly ends: End[][];
  #next = 0;
  #left: number;

  constructor(
    readonly scheduler: Scheduler,
    readonly task: TaskEntry,
    readonly items: unknown[],
    readonly timeout: number | undefined = undefined,
    readonly priority = 0,
    readonly affinity: string | undefined = undefined,
  ) {
    this.limited = timeout !== undefined;
    this.ends = items.map(() => []);
    this.#left = items.length;
    scheduler.admit(this);
    scheduler.enqueue(this);
  }

  get waiting(): number {
    return this.isOver ? 0 : this.items.length - this.#next;
  }

  take(max: number): Chunk | undefined {
    const first = this.#next;
    this.#next = Math.min(this.items.length, first + max);
    return first === this.#next ? undefined : new Chunk(this, first, this.items.slice(first, this.#next));
  }

  item(): void {}

  progress(): void {}

  cancelWaiting(error: unknown): void {
    this.abandon("cancelled", error);
  }

  fulfill(first: number, values: readonly unknown[], workerId: number): void {
    values.forEach((value, i) => this.#settle(first + i, "fulfilled", value, workerId));
  }

  fail(index: number, outcome: Failure, error: unknown, workerId: number | undefined): void {
    this.#settle(index, outcome, error, workerId);
  }

  #settle(index: number, outcome: Outcome, value: unknown, workerId: number | undefined): void {
    this.ends[index].push({ outcome, value, workerId });
    if (--this.#left > 0) return;
    this.scheduler.finish(this);
  }

  abandon(outcome: "rejected" | "cancelled", error: unknown): void {
    this.isOver = true;
    const from = this.#next;
    this.#next = this.items.length;
    for (let index = from; index < this.items.length; index++) this.#settle(index, outcome, error, undefined);
    this.scheduler.revoke(this, error, false);
  }

  /** Whether some item has not settled. */
  get unfinished(): boolean {
    return this.#left > 0;
  }

  /** Outcome of each item, `undefined` while it has none. */
  get outcomes(): (Outcome | undefined)[] {
    return this.ends.map((ends) => ends[0]?.outcome);
  }

  /** Value of each item. */
  get values(): unknown[] {
    return this.ends.map((ends) => ends[0]?.value);
  }
}

/** The setup of a plain pool. */
export function setup(workers: number): Setup {
  return {
    workers,
    concurrency: 1,
    initializer: undefined,
    finalizer: undefined,
    timeout: undefined,
    memoryLimit: undefined,
    permissions: undefined,
    modules: () => [],
    env: undefined,
  };
}

/** The numbers from 0 to `count - 1`. */
export function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
