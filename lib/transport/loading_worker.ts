/**
 * Workers of a backend whose code is still being loaded. Each waits for it, and passes everything on from then on. It takes
 * no calls before: calls are sent to a worker that is ready.
 *
 * @module
 */
import { queueMicrotask } from "../core/timer.ts";
import type { Batch, Death, Launch, Transport, TransportEvents } from "./transport.ts";

/** Starts workers as soon as the function that starts them has loaded. */
export function launchLoaded(launch: Promise<Launch>): Launch {
  let loaded: Launch | undefined;
  // What it rejects with ends each worker that waits for it.
  launch.then((each) => void (loaded = each), () => {});
  return (workerId, events) => loaded?.(workerId, events) ?? new LoadingWorker(workerId, events, launch);
}

class LoadingWorker implements Transport {
  readonly #events: TransportEvents;
  #worker: Transport | undefined;
  #hasEnded = false;

  constructor(workerId: number, events: TransportEvents, launch: Promise<Launch>) {
    this.#events = events;
    launch.then((start) => {
      if (!this.#hasEnded) this.#worker = start(workerId, events);
    }).catch((cause) => this.#end({ reason: "exit", cause }));
  }

  get window(): number {
    return this.#worker?.window ?? 1;
  }

  get free(): number {
    return this.#worker?.free ?? 0;
  }

  get isLoading(): boolean {
    return this.#worker?.isLoading ?? true;
  }

  send(batch: Batch): void {
    this.#worker!.send(batch);
  }

  withdraw(seq: number): boolean {
    return this.#worker!.withdraw(seq);
  }

  startedAt(seq: number): number | undefined {
    return this.#worker!.startedAt(seq);
  }

  isRunning(seq: number): boolean {
    return this.#worker!.isRunning(seq);
  }

  hasStarted(seq: number): boolean {
    return this.#worker!.hasStarted(seq);
  }

  isQueued(seq: number): boolean {
    return this.#worker!.isQueued(seq);
  }

  cancel(seq: number, reason: unknown): void {
    this.#worker!.cancel(seq, reason);
  }

  grant(seq: number, count: number): void {
    this.#worker!.grant(seq, count);
  }

  drop(id: number): void {
    this.#worker?.drop(id);
  }

  close(): void {
    if (this.#worker) this.#worker.close();
    else this.#end({ reason: "terminated" });
  }

  kill(): void {
    if (this.#worker) this.#worker.kill();
    else this.#end({ reason: "terminated" });
  }

  #end(death: Death): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    // No event may come while a method is being called.
    queueMicrotask(() => this.#events.exit(death));
  }
}
