/**
 * `ProcessOutputs`: both streams of a worker process, and its messages in the order in which it printed and sent.
 *
 * @module
 */
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import type { WorkerMessage } from "../protocol/messages.ts";
import { passTo, ProcessOutput } from "./process_output.ts";

/** Milliseconds that messages are held back for what was printed before them: a task may have closed its stdout. */
const MARK_LIMIT = 1_000;

/** The streams and the messages of one process. */
export class ProcessOutputs {
  readonly stdout: ProcessOutput;
  readonly stderr: ProcessOutput;
  readonly #handle: (message: WorkerMessage) => void;
  // Messages that wait for what was printed before them, and how many marks that takes.
  #held: WorkerMessage[] | undefined;
  #marks = 0;
  #timer: Timer | undefined;

  /**
   * @param mark The text of a mark.
   * @param handle Receives each message but `printed`, after what was printed before it.
   */
  constructor(mark: string, handle: (message: WorkerMessage) => void) {
    this.#handle = handle;
    this.stdout = new ProcessOutput(mark, passTo(Deno.stdout), () => this.#release());
    this.stderr = new ProcessOutput(mark, passTo(Deno.stderr), () => this.#release());
  }

  /** Hands on a message, now or when what was printed before it has come. */
  deliver(message: WorkerMessage): void {
    if (this.#held) this.#held.push(message);
    else if (message.kind !== "printed") this.#handle(message);
    else {
      this.#marks++;
      this.#held = [];
      this.#timer = setTimeout(() => this.#release(true), MARK_LIMIT);
      this.#release();
    }
  }

  /** Hands on everything: the process has ended. */
  end(): void {
    this.stdout.end();
    this.stderr.end();
    while (this.#held) this.#release(true);
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
