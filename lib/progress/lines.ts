/**
 * `ProgressLines`: progress without a terminal, as occasional lines on stderr, for a log.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { Terminal, writeAll } from "../core/terminal.ts";
import { drawLine } from "./bar.ts";
import type { ProgressSink, ProgressState } from "./sink.ts";

/** Minimum time between two lines, in milliseconds. */
const INTERVAL = 5_000;

/** Shows progress as lines. */
export class ProgressLines implements ProgressSink {
  readonly #label: string;
  readonly #terminal = Terminal.local();
  readonly #start = performance.now();
  #lastLine = this.#start;

  constructor(label = "") {
    this.#label = label;
  }

  /** {@inheritDoc ProgressSink.update} */
  update(state: ProgressState): void {
    const now = performance.now();
    if (now - this.#lastLine < INTERVAL) return;
    this.#lastLine = now;
    this.#write(drawLine(state, now - this.#start, false, this.#label));
  }

  /** {@inheritDoc ProgressSink.end} */
  end(state: ProgressState): void {
    this.#write(drawLine(state, performance.now() - this.#start, true, this.#label));
  }

  #write(line: string): void {
    this.#terminal.print(() => writeAll(`${line}\n`));
  }
}
