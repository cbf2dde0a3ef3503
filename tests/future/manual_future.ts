/**
 * A future that a test settles by itself.
 *
 * @module
 */
import { createFuture, type Future, type FutureControl, settleFuture } from "../../lib/future/future.ts";

/** The job behind one future, controlled by a test. */
export class ManualFuture<R = unknown> implements FutureControl {
  readonly future: Future<R>;
  readonly cancels: { reason: unknown; force: boolean }[] = [];
  running = false;
  worker: number | undefined;

  constructor(index?: number) {
    this.future = createFuture<R>(this, index);
  }

  isRunning(): boolean {
    return this.running;
  }

  cancel(reason: unknown, force: boolean): void {
    this.cancels.push({ reason, force });
  }

  workerId(): number | undefined {
    return this.worker;
  }

  fulfill(value: R): boolean {
    return settleFuture(this.future, "fulfilled", value);
  }

  reject(reason: unknown): boolean {
    return settleFuture(this.future, "rejected", reason);
  }

  end(reason: unknown): boolean {
    return settleFuture(this.future, "cancelled", reason);
  }
}

/** Creates several of them. */
export function manualFutures<R = unknown>(count: number): ManualFuture<R>[] {
  return Array.from({ length: count }, (_, index) => new ManualFuture<R>(index));
}

/** A signal that counts its listeners. */
export function countedSignal(): { controller: AbortController; signal: AbortSignal; listeners: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  const registered = new Set<unknown>();
  const add = signal.addEventListener.bind(signal) as (...args: unknown[]) => void;
  const remove = signal.removeEventListener.bind(signal) as (...args: unknown[]) => void;
  signal.addEventListener = (...args: unknown[]) => (registered.add(args[1]), add(...args));
  signal.removeEventListener = (...args: unknown[]) => (registered.delete(args[1]), remove(...args));
  return { controller, signal, listeners: () => registered.size };
}
