/**
 * Progress where there is no terminal: a line on stderr now and then, for a log.
 *
 * @module
 */
import { Terminal, writeAll } from "../core/terminal.ts";
import { drawLine } from "./bar.ts";
import type { ProgressSink, ProgressState } from "./sink.ts";

/** Shortest time between two lines, in milliseconds. */
const PACE = 5_000;

/** Shows progress as lines. */
export class ProgressLines implements ProgressSink {
  readonly #screen = Terminal.local();
  readonly #start = performance.now();
  #last = this.#start;

  /** {@inheritDoc ProgressSink.update} */
  update(state: ProgressState): void {
    const now = performance.now();
    if (now - this.#last < PACE) return;
    this.#last = now;
    this.#write(drawLine(state, now - this.#start));
  }

  /** {@inheritDoc ProgressSink.end} */
  end(state: ProgressState): void {
    this.#write(drawLine(state, performance.now() - this.#start, true));
  }

  #write(line: string): void {
    this.#screen.print(() => writeAll(`${line}\n`));
  }
}
