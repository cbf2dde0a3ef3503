/**
 * `HostCalls`: the calls that run on a worker host, and the control messages of their submitters.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { decodeThrown } from "../protocol/error_decoder.ts";
import type { Thrown } from "../protocol/thrown.ts";
import type { HostCall } from "./host_call.ts";
import { unpack } from "./pack.ts";
import { type Control, isOf } from "./wire.ts";

/** Milliseconds for which a message about a call that does not run here is kept: this host may be about to start the call. */
const EARLY_LIMIT = 5_000;

/** The calls that run on one host. */
export class HostCalls {
  // By their callKey.
  readonly #running = new Map<string, HostCall>();
  // In the order of their arrival.
  readonly #early = new Map<string, { readonly control: Control; readonly at: number }>();

  /** Number of calls. */
  get size(): number {
    return this.#running.size;
  }

  /** A call has begun on a worker. */
  add(key: string, call: HostCall): void {
    this.#running.set(key, call);
    const early = this.#early.get(key);
    this.#early.delete(key);
    if (early) apply(call, early.control);
  }

  /** A call has ended. */
  delete(key: string): void {
    this.#running.delete(key);
  }

  /** Stops by force what runs of these jobs. */
  kill(jobIds: readonly string[]): void {
    for (const [key, call] of this.#running) if (jobIds.some((id) => isOf(id, key))) call.kill();
  }

  /** Receives a control message of a submitter. All hosts of a queue receive it. */
  control(control: Control): void {
    const call = this.#running.get(control.id);
    if (call) return apply(call, control);
    const now = performance.now();
    for (const [id, { at }] of this.#early) {
      if (now - at < EARLY_LIMIT) break;
      this.#early.delete(id);
    }
    this.#early.delete(control.id);
    this.#early.set(control.id, { control, at: now });
  }
}

function apply(call: HostCall, control: Control): void {
  if (control.kind === "kill") call.kill();
  else if (control.kind === "grant") call.grant(control.total);
  else call.cancel(decodeThrown(unpack<Thrown>(control.reason)));
}
