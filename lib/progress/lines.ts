/**
 * `ProgressLines`: progress without a terminal, as occasional lines on stderr, for a log.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { Terminal } from "../core/terminal.ts";
import { clearInterval, setInterval, type Timer } from "../core/timer.ts";
import { drawLine } from "./bar.ts";
import type { Counts, Display } from "./counter.ts";

/** Time between two lines, in milliseconds. */
const INTERVAL = 5_000;

/** Shows progress as lines. */
export class ProgressLines implements Display {
  readonly #label: string;
  readonly #terminal = Terminal.local();
  readonly #start = performance.now();
  #timer: Timer | undefined;

  constructor(label = "") {
    this.#label = label;
  }

  /** {@inheritDoc Display.start} */
  start(counts: Counts): void {
    let lastDone = 0;
    this.#timer = setInterval(() => {
      // A log needs no line that says the same.
      if (counts.done === lastDone) return;
      lastDone = counts.done;
      this.#write(drawLine(counts, performance.now() - this.#start, false, this.#label));
    }, INTERVAL);
    this.#timer.unref();
  }

  /** {@inheritDoc Display.end} */
  end(counts: Counts): void {
    clearInterval(this.#timer);
    this.#write(drawLine(counts, performance.now() - this.#start, true, this.#label));
  }

  #write(line: string): void {
    this.#terminal.printLine(line);
  }
}
