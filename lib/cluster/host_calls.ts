/**
 * `HostCalls`: the calls that run on a worker host, and what their submitters say about them.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { decodeThrown } from "../protocol/error_record.ts";
import type { Thrown } from "../protocol/thrown.ts";
import type { HostWorker } from "./host_worker.ts";
import { type Control, unpack } from "./wire.ts";

/** Milliseconds for which a word about a call that does not run here is kept: this host may be about to start it. */
const EARLY_LIMIT = 5_000;

/** The calls that run on one host. */
export class HostCalls {
  readonly #running = new Map<string, HostWorker>();
  // In the order of their arrival.
  readonly #early = new Map<string, { readonly control: Control; readonly at: number }>();

  /** Number of calls. */
  get size(): number {
    return this.#running.size;
  }

  /** A call has begun on a worker. */
  add(id: string, worker: HostWorker): void {
    this.#running.set(id, worker);
    const early = this.#early.get(id);
    this.#early.delete(id);
    if (early) apply(worker, early.control);
  }

  /** A call has ended. */
  delete(id: string): void {
    this.#running.delete(id);
  }

  /** Stops calls by force, those of them that run here. */
  kill(ids: readonly string[]): void {
    for (const id of ids) this.#running.get(id)?.kill();
  }

  /** Hears what a submitter says. All hosts of a queue hear it. */
  control(control: Control): void {
    const worker = this.#running.get(control.id);
    if (worker) return apply(worker, control);
    const now = performance.now();
    for (const [id, { at }] of this.#early) {
      if (now - at < EARLY_LIMIT) break;
      this.#early.delete(id);
    }
    this.#early.delete(control.id);
    this.#early.set(control.id, { control, at: now });
  }
}

function apply(worker: HostWorker, control: Control): void {
  if (control.kind === "kill") worker.kill();
  else if (control.kind === "grant") worker.grant(control.total);
  else worker.cancel(decodeThrown(unpack<{ thrown: Thrown }>(control.reason).thrown));
}
