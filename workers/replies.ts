/**
 * Sends the answers of calls to the host. A result that fits goes into the call table, and one report wakes the host
 * for several of them. Every other answer is a message.
 *
 * @module
 */
import { takeMove } from "../lib/core/move.ts";
import { performance } from "../lib/core/platform.ts";
import type { RunningCall } from "../lib/core/running_call.ts";
import { thrownMessage, valueMessage } from "../lib/protocol/value_messages.ts";
import { transferError } from "../lib/protocol/transfer_error.ts";
import { encodeThrown } from "../lib/protocol/error_record.ts";
import type { WorkerMessage } from "../lib/protocol/messages.ts";
import type { HostLink } from "./host_link.ts";

/** Milliseconds after which a report is due. */
const REPORT_INTERVAL = 1;

/** The answers of one worker. */
export class Replies {
  readonly #host: HostLink;
  // Whether calls end in order. The host reads the call table in order, so concurrent calls are answered by messages.
  readonly #inOrder: boolean;
  // Number of answers that are not reported yet.
  #unreported = 0;
  // Whether some of them went as messages. Then the report must be a message, too, so that it does not overtake them.
  #hasPosted = false;
  // Start of the period that the next report covers, and the total run time of the concurrent calls in it.
  #periodStart = 0;
  #callTime = 0;
  // How many calls end between two reads of the clock, which cost as much as a small call, and how many have ended.
  #clockStride = 1;
  #callsSinceRead = 0;
  #reportScheduled = false;

  constructor(host: HostLink) {
    this.#host = host;
    this.#inOrder = host.init.concurrency === 1;
  }

  /** Begins the period that the next report covers: the worker did not spend the time before on calls. */
  begin(): void {
    this.#periodStart = performance.now();
  }

  /** Answers a call that has returned. */
  result(call: RunningCall, value: unknown): void {
    const { taskId: seq } = call;
    this.#unreported++;
    const moved = takeMove(value);
    if (call.hasSentMessages) call.flushProgress();
    // A result in the call table would overtake the messages of a call that has sent some.
    else if (this.#inOrder && !moved && this.#host.calls.setResult(seq, value)) return;
    this.#hasPosted = true;
    try {
      this.#post(valueMessage("result", seq, value, moved), moved);
    } catch (cause) {
      this.#host.post({ kind: "error", seq, thrown: encodeThrown(transferError(value, "result", "result", cause)) });
    }
    // After posting: copying a value runs its getters, which count towards the time limit of the call.
    this.#host.calls.markPosted(seq);
  }

  /** Answers a call that has thrown. */
  error(call: RunningCall, error: unknown): void {
    this.#unreported++;
    this.#hasPosted = true;
    call.flushProgress();
    this.#post(thrownMessage({ kind: "error", seq: call.taskId }, encodeThrown(error)));
    this.#host.calls.markPosted(call.taskId);
  }

  /** Reports, if the last report is old enough. Called after each of the calls that run one after another. */
  callEnded(): void {
    if (++this.#callsSinceRead < this.#clockStride) return;
    this.#callsSinceRead = 0;
    const now = performance.now();
    if (now - this.#periodStart >= REPORT_INTERVAL) this.#report(now, now - this.#periodStart);
  }

  /** Reports all answers. */
  flush(): void {
    const now = performance.now();
    this.#report(now, now - this.#periodStart);
  }

  /** Adds the run time of a concurrent call. */
  callTook(ms: number): void {
    this.#callTime += ms;
    this.#scheduleReport(() => this.#callTime);
  }

  /** Reports the answers so far in a turn of the event loop, while a call waits for a promise. */
  whileWaiting(): void {
    if (this.#unreported > 0) this.#scheduleReport(() => performance.now() - this.#periodStart);
  }

  // Calls that run in order are followed at once by the start of the next one, or by a report.
  #post(answer: WorkerMessage, moved?: Transferable[]): void {
    if (this.#inOrder && !moved && this.#host.postWithNext) this.#host.postWithNext(answer);
    else this.#host.post(answer, moved);
  }

  #scheduleReport(runTime: () => number): void {
    if (this.#reportScheduled) return;
    this.#reportScheduled = true;
    this.#host.setImmediate(() => {
      this.#reportScheduled = false;
      this.#report(performance.now(), runTime());
    });
  }

  #report(now: number, runTime: number): void {
    if (this.#unreported === 0) return;
    const count = this.#unreported;
    const ms = now - this.#periodStart;
    this.#unreported = this.#callTime = 0;
    this.#periodStart = now;
    this.#clockStride = Math.max(1, Math.min(1024, Math.floor(REPORT_INTERVAL / 4 * count / ms)));
    if (this.#hasPosted) this.#host.post({ kind: "report", count, ms, runTime });
    else this.#host.report?.({ count, ms, runTime });
    this.#hasPosted = false;
  }
}
