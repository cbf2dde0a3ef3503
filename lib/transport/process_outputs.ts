/**
 * `ProcessOutputs`: both streams of a worker process, and its messages in the order in which it printed and sent.
 *
 * @module
 */
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import type { WorkerMessage } from "../protocol/messages.ts";
import { LabelledOutput } from "./labelled_output.ts";
import { passTo, ProcessOutput } from "./process_output.ts";
import type { ChildControl } from "./child_control.ts";

/** Milliseconds that messages are held back for what was printed before them: a task may have closed its stdout. */
const MARK_LIMIT = 1_000;

/** The streams and the messages of one process. */
export class ProcessOutputs {
  readonly stdout: ProcessOutput;
  readonly stderr: ProcessOutput;
  /** Both streams, where they come through one pipe. */
  readonly labelled: LabelledOutput;
  readonly #handle: (message: WorkerMessage) => void;
  readonly #onExceeded: (max: number) => void;
  readonly #onReport: (report: string) => void;
  // How many bytes the call may print, and how many it has printed.
  #max: number | undefined;
  #printed = 0;
  // Whether it has printed more. Nothing of the worker counts any more.
  #isCut = false;
  // Messages that wait for what was printed before them, and how many marks that takes.
  #held: WorkerMessage[] | undefined;
  #marks = 0;
  #timer: Timer | undefined;

  /**
   * @param mark The text of a mark.
   * @param handle Receives each message but `printed`, after what was printed before it.
   * @param onExceeded Is called once, when a call has printed more than it may.
   * @param onReport Receives each report of the worker's watchdog.
   * @param child What receives the streams in place of those of this process.
   */
  constructor(
    mark: string,
    handle: (message: WorkerMessage) => void,
    onExceeded: (max: number) => void,
    onReport: (report: string) => void,
    child?: ChildControl,
  ) {
    this.#handle = handle;
    this.#onExceeded = onExceeded;
    this.#onReport = onReport;
    this.stdout = this.#output(mark, child?.stdout ?? passTo(Deno.stdout));
    this.stderr = this.#output(mark, child?.stderr ?? passTo(Deno.stderr));
    this.labelled = new LabelledOutput(mark, this.stdout, this.stderr);
  }

  /** Sets the maximum number of bytes that the next call may print. */
  allow(max: number | undefined): void {
    this.#max = max;
    this.#printed = 0;
  }

  /** Passes a message on, now or when the host has read all that was printed before it. */
  deliver(message: WorkerMessage): void {
    // A call that has started must not run again, whatever it has printed.
    if (this.#isCut && message.kind !== "started") return;
    if (this.#held) this.#held.push(message);
    else if (message.kind !== "printed") this.#handle(message);
    else {
      this.#marks++;
      this.#held = [];
      this.#timer = setTimeout(() => this.#release(true), MARK_LIMIT);
      this.#release();
    }
  }

  /** Passes all messages on: the process has ended. */
  end(): void {
    this.labelled.end();
    this.stdout.end();
    this.stderr.end();
    while (this.#held) this.#release(true);
  }

  #output(mark: string, write: (bytes: Uint8Array) => void): ProcessOutput {
    const onMark = (report: string) => report === "" ? this.#release() : this.#onReport(report);
    return new ProcessOutput(mark, (bytes) => this.#pass(bytes, write), onMark);
  }

  #pass(bytes: Uint8Array, write: (bytes: Uint8Array) => void): void {
    if (this.#isCut) return;
    const max = this.#max;
    if (max === undefined) return write(bytes);
    const left = max - this.#printed;
    this.#printed += bytes.length;
    if (bytes.length <= left) return write(bytes);
    this.#isCut = true;
    if (left > 0) write(bytes.subarray(0, left));
    this.#onExceeded(max);
  }

  // Delivers the messages that were held back, up to the next one that waits for a mark.
  #release(force = false): void {
    if (!this.#held || (!force && Math.min(this.stdout.marks, this.stderr.marks) < this.#marks)) return;
    clearTimeout(this.#timer);
    const held = this.#held;
    this.#held = undefined;
    for (const message of held) this.deliver(message);
  }
}
