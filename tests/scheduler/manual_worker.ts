/**
 * Workers without a thread: they implement the scheduler's `Transport` interface, and the test takes each of their steps
 * (start, end, die). `manualScheduler()` makes a scheduler on such workers.
 *
 * @module
 */
import type { TaskEntry } from "../../lib/scheduler/job.ts";
import type { SchedulerOptions } from "../../lib/scheduler/options.ts";
import { Scheduler } from "../../lib/scheduler/scheduler.ts";
import type { Batch, Death, Launch, Setup, Transport, TransportEvents } from "../../lib/transport/transport.ts";
import { turnUntil } from "./manual_clock.ts";
import type { ListJob } from "./list_job.ts";

export { ListJob, numbers } from "./list_job.ts";

/** A call that was sent to a manual worker. */
export interface ManualCall {
  seq: number;
  item: unknown;
  state: "queued" | "running" | "settled" | "withdrawn";
  startedAt: number | undefined;
}

/** One worker; calls start in the order of their numbers, one at a time, as with any transport. */
export class ManualWorker implements Transport {
  readonly window: number;
  readonly free = Infinity;
  isLoading = false;
  readonly batches: Batch[] = [];
  readonly signals: { seq: number; reason: unknown }[] = [];
  readonly calls: ManualCall[] = [];
  closes = 0;
  kills = 0;
  gone = false;
  readonly #events: TransportEvents;
  readonly #fleet: ManualFleet;

  constructor(events: TransportEvents, fleet: ManualFleet) {
    this.#events = events;
    this.#fleet = fleet;
    this.window = fleet.window;
  }

  send(batch: Batch): void {
    this.#fleet.refuse?.(batch);
    this.batches.push({ ...batch, items: [...batch.items] });
    batch.items.forEach((item, i) => {
      this.calls[batch.first + i] = { seq: batch.first + i, item, state: "queued", startedAt: undefined };
    });
  }

  withdraw(seq: number): boolean {
    this.#fleet.beforeHostStep?.(this);
    // A call that goes back and forth between backlog and worker for ever ends its test here, instead of the machine.
    if (this.calls[seq].state !== "queued" || this.gone || this.batches.length > 500) return false;
    this.calls[seq].state = "withdrawn";
    return true;
  }

  isRunning(seq: number): boolean {
    this.#fleet.beforeHostStep?.(this);
    return this.calls[seq].state === "running";
  }

  startedAt(seq: number): number | undefined {
    return this.calls[seq].state === "running" ? this.calls[seq].startedAt : undefined;
  }

  hasStarted(seq: number): boolean {
    return this.calls[seq].state !== "queued";
  }

  isQueued(seq: number): boolean {
    return this.calls[seq].state === "queued";
  }

  cancel(seq: number, reason: unknown): void {
    this.signals.push({ seq, reason });
  }

  grant(): void {
    throw new Error("a manual worker streams nothing");
  }

  drop(): void {
    throw new Error("a manual worker shares nothing");
  }

  close(): void {
    this.closes++;
    if (this.#fleet.exitsOnRequest) this.die({ reason: "terminated" });
  }

  kill(): void {
    this.#fleet.beforeHostStep?.(this);
    this.kills++;
    if (this.#fleet.exitsOnRequest) this.die({ reason: "terminated" });
  }

  /** The items of the calls that have neither ended nor been taken back. */
  get inFlight(): unknown[] {
    return this.calls.filter(({ state }) => state === "queued" || state === "running").map(({ item }) => item);
  }

  /** The call that runs. */
  get running(): ManualCall | undefined {
    return this.calls.find(({ state }) => state === "running");
  }

  /** Reports that the worker takes calls. */
  becomeReady(): void {
    this.#events.ready();
  }

  /** Starts the next call; returns its item. */
  start(): unknown {
    const call = this.calls.find(({ state }) => state === "queued")!;
    call.state = "running";
    call.startedAt = performance.now();
    return call.item;
  }

  /** Ends the running call, starting the next one if none runs; the result of a call is its item. */
  end(ok = true, value?: unknown): void {
    if (!this.running) this.start();
    const call = this.running!;
    call.state = "settled";
    if (ok) this.#events.fulfilled(call.seq, [value ?? call.item]);
    else this.#events.rejected(call.seq, value ?? call.item);
  }

  /** Ends the running call, whose result is its item. The result arrives after `delivery`, as if by message. */
  endLater(delivery: Promise<void> = Promise.resolve()): void {
    const { seq, item } = this.running!;
    this.running!.state = "settled";
    void delivery.then(() => this.#events.fulfilled(seq, [item]));
  }

  /** Ends the running call as `end` does, and reports that it took `ms` milliseconds. */
  endIn(ms: number, ok = true): void {
    this.end(ok);
    this.#events.measured(1, ms);
  }

  /** Ends `count` calls, by default all, and reports that they took `msEach` milliseconds each. */
  endAll(msEach = 1, count = Infinity): void {
    let ended = 0;
    for (; ended < count && this.inFlight.length > 0; ended++) this.end();
    this.#events.measured(ended, msEach * ended);
  }

  /** The worker exits. */
  die(death: Death): void {
    if (this.gone) return;
    this.gone = true;
    queueMicrotask(() => this.#events.exit(death));
  }

  /** Reports that the worker, which had died as abandoned, has ended after all. */
  endAbandoned(): void {
    this.#events.abandonedExited();
  }
}

/** Every worker that was started. */
export class ManualFleet {
  readonly all: ManualWorker[] = [];
  /** Whether workers take calls as soon as they are started. */
  startsReady = true;
  /** Whether workers exit when they are closed or killed. */
  exitsOnRequest = true;
  /** Called before the host takes back a call, checks whether one runs, or kills: the worker can act at that moment. */
  beforeHostStep: ((worker: ManualWorker) => void) | undefined;
  /** Throws if a batch cannot be sent. */
  refuse: ((batch: Batch) => void) | undefined;

  constructor(readonly window = 64) {}

  readonly launch: Launch = (_id, events) => {
    const worker = new ManualWorker(events, this);
    this.all.push(worker);
    if (this.startsReady) queueMicrotask(() => worker.gone || worker.becomeReady());
    return worker;
  };
}

/** Options of {@linkcode manualScheduler}. */
export interface ManualOptions extends Partial<SchedulerOptions> {
  /** Maximum number of calls in flight at one worker. */
  window?: number;
  /** What is known about the task at the start: milliseconds that a call of it takes. By default nothing is known. */
  taskTakes?: number;
}

/** A scheduler on manual workers, one by default, and a task to run. */
export function manualScheduler({ window, taskTakes, ...options }: ManualOptions = {}) {
  const fleet = new ManualFleet(window);
  const scheduler = new Scheduler({ workers: 1, killGrace: 100, launch: fleet.launch, ...options });
  return { fleet, scheduler, task: taskOf(scheduler, "a", taskTakes) };
}

/** A task of this name, known to take `ms` milliseconds a call; `undefined`: nothing is known about it. */
export function taskOf(scheduler: Scheduler, name: string, ms?: number): TaskEntry {
  const task = scheduler.tasks.named({ url: "file:///m.ts", name });
  task.estimate = ms;
  return task;
}

/** Lets every worker end its calls, turn by turn, until the jobs are done. */
export async function finish(fleet: ManualFleet, ...jobs: ListJob[]): Promise<void> {
  await turnUntil(() => jobs.every((job) => !job.unfinished), () => {
    for (const worker of fleet.all) if (!worker.gone && worker.inFlight.length > 0) worker.endAll(0.1);
  });
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
    maxTasks: undefined,
    recycleAt: undefined,
    permissions: undefined,
    modules: () => [],
    env: undefined,
    cwd: undefined,
    command: undefined,
    hosts: undefined,
  };
}
