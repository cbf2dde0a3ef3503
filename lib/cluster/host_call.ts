/**
 * `HostCall`: a call on a worker of a worker host.
 *
 * ```
 * waiting --the worker is ready--> sent --------------------------> ended
 *    \---------- kill ---------------|----- withdraw, death --------> not started: it may run on another worker
 * ```
 *
 * @module
 */
import { errorText } from "../core/error_text.ts";
import { Promise } from "../core/platform.ts";
import { encodeThrown } from "../protocol/error_record.ts";
import type { Transport } from "../transport/transport.ts";
import { CallFailure } from "./call_failure.ts";
import { type PackedValue, plainValue } from "./pack.ts";
import type { JobCall, JobFailure, JobNews } from "./wire.ts";

/** What happens to a call before its end. */
export interface RunListener {
  /** The call was sent to the worker, which has started. */
  sent(): void;
  /** Progress, and items of a stream. */
  news(news: JobNews): void;
}

const TERMINATED: JobFailure = { kind: "death", reason: "terminated", cause: { value: undefined } };

/** A call, from when a worker is chosen for it until it has ended there. */
export class HostCall {
  /** Its number among the calls of the worker. */
  readonly seq: number;
  readonly given: JobCall;
  readonly listener: RunListener;
  /** How it ends; rejects with a {@linkcode CallFailure}. */
  readonly end: Promise<PackedValue>;
  /** Items that it may yield, all grants together. */
  granted: number;
  /** Checks in a row that found the worker blocked. */
  blockedChecks = 0;
  readonly #end = Promise.withResolvers<PackedValue>();
  readonly #onEnd: () => void;
  readonly #transport: Transport;
  readonly #killWorker: () => void;
  /** Whether it was taken back from its worker, which had not started it. */
  isWithdrawn = false;
  #isSent = false;
  #isKilled = false;
  // Why it was cancelled before it was sent.
  #cancelled: { readonly reason: unknown } | undefined;

  /**
   * @param onEnd Called as soon as it has ended.
   * @param killWorker Stops the worker by force; first it takes back what else the worker has not started.
   */
  constructor(
    seq: number,
    given: JobCall,
    listener: RunListener,
    transport: Transport,
    onEnd: () => void,
    killWorker: () => void,
  ) {
    this.seq = seq;
    this.given = given;
    this.listener = listener;
    this.granted = given.stream;
    this.end = this.#end.promise;
    this.end.catch(() => {}); // The worker may die before anything waits for it.
    this.#transport = transport;
    this.#onEnd = onEnd;
    this.#killWorker = killWorker;
  }

  /** Whether its worker has it. */
  get isSent(): boolean {
    return this.#isSent;
  }

  /** Whether its worker has started it, as far as that is known. Only of calls with a time limit. */
  get isStarted(): boolean {
    return this.#transport.startedAt(this.seq) !== undefined;
  }

  /** Notes that the call was sent to its worker. */
  sent(): void {
    this.#isSent = true;
    this.listener.sent();
    if (this.#cancelled) this.cancel(this.#cancelled.reason);
  }

  /** Fires its signal. */
  cancel(reason: unknown): void {
    if (!this.#isSent) this.#cancelled = { reason };
    else if (this.#withdraw()) {
      // The thread has not started the call, so a signal would have no listener: the call is taken back and fails here.
      this.#fail({ kind: "thrown", thrown: encodeThrown(reason) }, "cancelled before it started");
    } else this.#transport.cancel(this.seq, reason);
  }

  /** Lets it yield more items, up to `total`. */
  grant(total: number): void {
    if (total <= this.granted) return;
    if (this.#isSent) this.#transport.grant(this.seq, total - this.granted);
    this.granted = total;
  }

  /** Takes it back from its worker, if that has not started it. Then it ends as unstarted. */
  withdraw(): boolean {
    if (!this.#isSent || !this.#withdraw()) return false;
    this.#fail(TERMINATED, "the worker did not start it", true);
    return true;
  }

  /** Stops it by force. */
  kill(): void {
    this.#isKilled = true;
    if (this.#isSent && this.#withdraw()) {
      this.#fail(TERMINATED, "stopped before it started");
    } else this.#killWorker();
  }

  /** The call has returned. */
  fulfilled(value: unknown): void {
    this.#onEnd();
    this.#end.resolve(plainValue(value));
  }

  /** The call has thrown. */
  rejected(error: unknown): void {
    this.#fail({ kind: "thrown", thrown: encodeThrown(error) }, errorText(error));
  }

  /** Fails the call: its worker has ended. */
  died(failure: JobFailure, message: string): void {
    this.#fail(failure, message, this.#isSent && !this.#isKilled && !this.#transport.hasStarted(this.seq));
  }

  #withdraw(): boolean {
    return this.isWithdrawn = this.#transport.withdraw(this.seq);
  }

  #fail(failure: JobFailure, message: string, isUnstarted = false): void {
    this.#onEnd();
    this.#end.reject(new CallFailure(failure, message, isUnstarted));
  }
}
