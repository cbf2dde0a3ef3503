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

  markCancelled(reason: unknown): boolean {
    return settleFuture(this.future, "cancelled", reason);
  }
}

/** Creates several of them. */
export function manualFutures<R = unknown>(count: number): ManualFuture<R>[] {
  return Array.from({ length: count }, (_, index) => new ManualFuture<R>(index));
}
