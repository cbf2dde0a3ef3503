/**
 * A bar on the terminal: one line of stderr, below all that is printed.
 *
 * ```
 * update, update, ...  -> the last state --every 100 ms--> Screen.draw
 * console.log, anywhere -> Screen: clears the bar; the next turn draws it again
 * end                  -> the last bar, on a line of its own
 * ```
 *
 * Several maps at a time share the line: the first shows its bar, the others theirs when it has ended.
 *
 * @module
 */
import { Terminal } from "../core/terminal.ts";
import type { Timer } from "../core/timer.ts";
import { drawBar } from "./bar.ts";
import { ConsoleGuard } from "./console.ts";
import type { ProgressSink, ProgressState } from "./sink.ts";

/** Shortest time between two bars, in milliseconds. */
const PACE = 100;

/** Columns of a terminal that does not say. */
const COLUMNS = 80;

/** Whose bar is on the line. */
let shown: TerminalBar | undefined;

/** Shows progress as a bar. */
export class TerminalBar implements ProgressSink {
  readonly #screen = Terminal.local();
  readonly #start = performance.now();
  #state: ProgressState | undefined;
  #timer: Timer | undefined;
  #guard: ConsoleGuard | undefined;
  #bar = "";

  /** {@inheritDoc ProgressSink.update} */
  update(state: ProgressState): void {
    this.#state = state;
    if (this.#timer !== undefined) return;
    // Not before the first item: a lazy map may never be read. And it must not keep the script alive.
    this.#timer = setInterval(() => this.#draw(), PACE);
    this.#timer.unref();
  }

  /** {@inheritDoc ProgressSink.end} */
  end(state: ProgressState): void {
    clearInterval(this.#timer);
    this.#screen.finish(drawBar(state, performance.now() - this.#start, columns(), true));
    this.#guard?.[Symbol.dispose]();
    if (shown === this) shown = undefined;
  }

  #draw(): void {
    shown ??= this;
    if (shown !== this) return;
    this.#guard ??= new ConsoleGuard(this.#screen);
    const bar = drawBar(this.#state!, performance.now() - this.#start, columns());
    if (bar === this.#bar && this.#screen.drawn) return;
    if (this.#screen.draw(bar)) this.#bar = bar;
  }
}

// The last column stays free: a terminal may go on to the next line after it.
function columns(): number {
  try {
    return Math.max(1, (Deno.consoleSize().columns || COLUMNS) - 1);
  } catch {
    return COLUMNS - 1; // No size is to be had.
  }
}
