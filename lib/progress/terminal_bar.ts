/**
 * `TerminalBar`: a progress bar on the terminal, one line of stderr below everything that is printed.
 *
 * ```
 * update, update, ...   -> the last state --every 100 ms--> Terminal.draw
 * console.log, anywhere -> Terminal clears the bar, and draws it again after the print
 * end                   -> the last bar, as a line that stays
 * ```
 *
 * Several maps at a time share the line: the first map shows its bar, the next one when the first has ended.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { Terminal } from "../core/terminal.ts";
import { clearInterval, setInterval, type Timer } from "../core/timer.ts";
import { drawBar } from "./bar.ts";
import { ConsoleGuard } from "./console.ts";
import type { ProgressSink, ProgressState } from "./sink.ts";

/** Time between two draws, in milliseconds. */
const DRAW_INTERVAL = 100;

/** Width of a terminal of unknown size, in columns. */
const DEFAULT_COLUMNS = 80;

/** The bar that is on the line at the moment. */
let shown: TerminalBar | undefined;

/** Shows progress as a bar. */
export class TerminalBar implements ProgressSink {
  readonly #label: string;
  readonly #terminal = Terminal.local();
  readonly #start = performance.now();
  #state: ProgressState | undefined;
  #timer: Timer | undefined;
  #guard: ConsoleGuard | undefined;
  #lastBar = "";

  constructor(label = "") {
    this.#label = label;
  }

  /** {@inheritDoc ProgressSink.update} */
  update(state: ProgressState): void {
    this.#state = state;
    if (this.#timer !== undefined) return;
    // Starts with the first item: a lazy map may never be read. The timer must not keep the script alive.
    this.#timer = setInterval(() => this.#draw(), DRAW_INTERVAL);
    this.#timer.unref();
  }

  /** {@inheritDoc ProgressSink.end} */
  end(state: ProgressState): void {
    clearInterval(this.#timer);
    this.#terminal.finish(drawBar(state, performance.now() - this.#start, columns(), true, this.#label));
    this.#guard?.[Symbol.dispose]();
    if (shown === this) shown = undefined;
  }

  #draw(): void {
    shown ??= this;
    if (shown !== this) return;
    this.#guard ??= new ConsoleGuard(this.#terminal);
    const bar = drawBar(this.#state!, performance.now() - this.#start, columns(), false, this.#label);
    if (bar === this.#lastBar && this.#terminal.isBarShown) return;
    this.#lastBar = bar;
    this.#terminal.draw(bar);
  }
}

// One column less: a terminal may wrap to the next line after a character in the last column.
function columns(): number {
  try {
    return Math.max(1, (Deno.consoleSize().columns || DEFAULT_COLUMNS) - 1);
  } catch {
    return DEFAULT_COLUMNS - 1; // stderr is no terminal, or has no size
  }
}
