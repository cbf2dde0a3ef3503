/**
 * How answers go back: what fits on the board, of which the host is told now and then; the rest as messages.
 *
 * @module
 */
import { takeMove } from "../lib/core/move.ts";
import type { RunningTask } from "../lib/core/running_task.ts";
import { resultMessage } from "../lib/protocol/carry.ts";
import { transferError } from "../lib/protocol/envelope.ts";
import { encodeThrown } from "../lib/protocol/error_record.ts";
import type { Link } from "./link.ts";

/** Longest time, in milliseconds, for which the host is not told of answers on the board. */
const QUIET = 1;

/** The answers of one worker. */
export class Answers {
  readonly #link: Link;
  // The board is read in order; calls that overtake each other are answered by messages.
  readonly #inOrder: boolean;
  // Answers that the host was not told of yet, since when, and how long their calls ran.
  #unsaid = 0;
  // Whether some of them are on their way as messages, which must not be overtaken.
  #posted = false;
  #since = 0;
  #ran = 0;
  // How many calls go by between two looks at the clock: a look costs as much as a small call.
  #stride = 1;
  #sinceLook = 0;
  #saySoon = false;

  constructor(link: Link) {
    this.#link = link;
    this.#inOrder = link.introduction.concurrency === 1;
  }

  /** Time that passed so far was not spent on calls. */
  begin(): void {
    this.#since = performance.now();
  }

  /** A call has returned. */
  value(task: RunningTask, value: unknown): void {
    const { taskId: seq } = task;
    this.#unsaid++;
    const moved = takeMove(value);
    if (task.spoke) task.tellProgress();
    // The board would overtake the messages of a call that has sent some.
    else if (this.#inOrder && !moved && this.#link.board.answer(seq, value)) return;
    this.#posted = true;
    try {
      this.#link.post(resultMessage(seq, value), moved);
    } catch (cause) {
      this.#link.post({ kind: "error", seq, thrown: encodeThrown(transferError(value, "result", "result", cause)) });
    }
    // Not before: copying a value runs its getters, and those have a time limit, too.
    this.#link.board.sent(seq);
  }

  /** A call has failed. */
  error(task: RunningTask, error: unknown): void {
    this.#unsaid++;
    this.#posted = true;
    task.tellProgress();
    this.#link.post({ kind: "error", seq: task.taskId, thrown: encodeThrown(error) });
    this.#link.board.sent(task.taskId);
  }

  /** Calls run one after another: tells of the answers now and then. */
  passed(): void {
    if (++this.#sinceLook < this.#stride) return;
    this.#sinceLook = 0;
    const now = performance.now();
    if (now - this.#since >= QUIET) this.#say(now, now - this.#since);
  }

  /** Tells of all that was answered. */
  flush(): void {
    const now = performance.now();
    this.#say(now, now - this.#since);
  }

  /** Calls run side by side: this one took `ms`. */
  took(ms: number): void {
    this.#ran += ms;
    this.#saySoonWith(() => this.#ran);
  }

  /** The loop turns while a call waits, so one callback in it tells of all that was answered before. */
  whileWaiting(): void {
    if (this.#unsaid > 0) this.#saySoonWith(() => performance.now() - this.#since);
  }

  #saySoonWith(ran: () => number): void {
    if (this.#saySoon) return;
    this.#saySoon = true;
    this.#link.turn(() => {
      this.#saySoon = false;
      this.#say(performance.now(), ran());
    });
  }

  #say(now: number, ran: number): void {
    if (this.#unsaid === 0) return;
    const count = this.#unsaid;
    const ms = now - this.#since;
    this.#unsaid = this.#ran = 0;
    this.#since = now;
    this.#stride = Math.max(1, Math.min(1024, Math.floor(QUIET / 4 * count / ms)));
    if (this.#posted) this.#link.post({ kind: "settled", count, ms, ran });
    else this.#link.bell.tell({ count, ms, ran });
    this.#posted = false;
  }
}
