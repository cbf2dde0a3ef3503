/**
 * How answers go back: what fits on the board, of which the host is told now and then; the rest as messages.
 *
 * @module
 */
import { takeMove } from "../lib/core/move.ts";
import type { RunningCall } from "../lib/core/running_call.ts";
import { resultMessage } from "../lib/protocol/value_messages.ts";
import { transferError } from "../lib/protocol/envelope.ts";
import { encodeThrown } from "../lib/protocol/error_record.ts";
import type { HostLink } from "./host_link.ts";

/** Longest time, in milliseconds, for which the host is not told of answers on the board. */
const REPORT_INTERVAL = 1;

/** The answers of one worker. */
export class Replies {
  readonly #link: HostLink;
  // The board is read in order; calls that overtake each other are answered by messages.
  readonly #inOrder: boolean;
  // Answers that the host was not told of yet, since when, and how long their calls ran.
  #unreported = 0;
  // Whether some of them are on their way as messages, which must not be overtaken.
  #posted = false;
  #since = 0;
  #ran = 0;
  // How many calls go by between two looks at the clock: a look costs as much as a small call.
  #stride = 1;
  #sinceLook = 0;
  #reportScheduled = false;

  constructor(link: HostLink) {
    this.#link = link;
    this.#inOrder = link.init.concurrency === 1;
  }

  /** Time that passed so far was not spent on calls. */
  begin(): void {
    this.#since = performance.now();
  }

  /** A call has returned. */
  result(task: RunningCall, value: unknown): void {
    const { taskId: seq } = task;
    this.#unreported++;
    const moved = takeMove(value);
    if (task.spoke) task.flushProgress();
    // The board would overtake the messages of a call that has sent some.
    else if (this.#inOrder && !moved && this.#link.callTable.setResult(seq, value)) return;
    this.#posted = true;
    try {
      this.#link.post(resultMessage(seq, value), moved);
    } catch (cause) {
      this.#link.post({ kind: "error", seq, thrown: encodeThrown(transferError(value, "result", "result", cause)) });
    }
    // Not before: copying a value runs its getters, and those have a time limit, too.
    this.#link.callTable.markPosted(seq);
  }

  /** A call has failed. */
  error(task: RunningCall, error: unknown): void {
    this.#unreported++;
    this.#posted = true;
    task.flushProgress();
    this.#link.post({ kind: "error", seq: task.taskId, thrown: encodeThrown(error) });
    this.#link.callTable.markPosted(task.taskId);
  }

  /** Calls run one after another: tells of the answers now and then. */
  callEnded(): void {
    if (++this.#sinceLook < this.#stride) return;
    this.#sinceLook = 0;
    const now = performance.now();
    if (now - this.#since >= REPORT_INTERVAL) this.#report(now, now - this.#since);
  }

  /** Tells of all that was answered. */
  flush(): void {
    const now = performance.now();
    this.#report(now, now - this.#since);
  }

  /** Calls run side by side: this one took `ms`. */
  callTook(ms: number): void {
    this.#ran += ms;
    this.#scheduleReport(() => this.#ran);
  }

  /** The loop turns while a call waits, so one callback in it tells of all that was answered before. */
  whileWaiting(): void {
    if (this.#unreported > 0) this.#scheduleReport(() => performance.now() - this.#since);
  }

  #scheduleReport(ran: () => number): void {
    if (this.#reportScheduled) return;
    this.#reportScheduled = true;
    this.#link.turn(() => {
      this.#reportScheduled = false;
      this.#report(performance.now(), ran());
    });
  }

  #report(now: number, ran: number): void {
    if (this.#unreported === 0) return;
    const count = this.#unreported;
    const ms = now - this.#since;
    this.#unreported = this.#ran = 0;
    this.#since = now;
    this.#stride = Math.max(1, Math.min(1024, Math.floor(REPORT_INTERVAL / 4 * count / ms)));
    if (this.#posted) this.#link.post({ kind: "report", count, ms, ran });
    else this.#link.doorbell.report({ count, ms, ran });
    this.#posted = false;
  }
}
