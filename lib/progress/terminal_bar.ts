/**
 * `TerminalBar`: a progress bar on the terminal, on stderr, below everything that is printed.
 *
 * ```
 * counts                -> read every 100 ms -> lines of all bars -> Terminal.draw
 * console.log, anywhere -> Terminal clears the bars, and draws them again after the print
 * end                   -> the last bar, as a line that stays
 *
 * pages [#####-----] 50/100 50% 12/s ETA 0:04     a bar
 *   items[50] "a.png" [##----] 2/6 33%            an item that reports its own progress
 *   longest: items[17] "b.png" 0:12               the item that has run longest, from 1 s on
 * ```
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { type Line, MAX_LINES, Terminal, terminalColumns } from "../core/terminal.ts";
import { clearInterval, setInterval, type Timer } from "../core/timer.ts";
import { drawBar, formatTime } from "./bar.ts";
import { columnsOf, cutToColumns, printable } from "./columns.ts";
import { ConsoleGuard } from "./console.ts";
import type { Counts, Display, RunningItem } from "./counter.ts";

/** Time between two draws, in milliseconds. */
const DRAW_INTERVAL = 100;
/** Width of a terminal of unknown size, in columns. */
const DEFAULT_COLUMNS = 80;
/** Maximum number of items of one bar that are shown with their own progress. */
const MAX_PARTS = 3;
/** How long an item must have run to be shown as the longest, in milliseconds. */
const LONG = 1_000;

/** Shows progress as a bar. */
export class TerminalBar implements Display {
  readonly #label: string;
  readonly #start = performance.now();
  #counts: Counts | undefined;
  // By index of the item: when a draw first found it running.
  #seen = new Map<number, number>();

  constructor(label = "") {
    this.#label = label;
  }

  /** {@inheritDoc Display.start} */
  start(counts: Counts): void {
    this.#counts = counts;
    bars.add(this);
  }

  /** {@inheritDoc Display.end} */
  end(counts: Counts): void {
    this.#counts = counts;
    bars.remove(this, this.bar(columns(), true));
  }

  /** Formats the bar. */
  bar(width: number, ended = false): string {
    return drawBar(this.#counts!, performance.now() - this.#start, width, ended, this.#label);
  }

  /** Formats the lines below the bar. */
  details(width: number): string[] {
    const now = performance.now();
    const { parts } = this.#counts!;
    const running = this.#counts!.running();
    const lines: string[] = [];
    for (const item of running) {
      const part = parts.get(item.index);
      if (!part || lines.length === MAX_PARTS) continue;
      lines.push(`  ${drawBar({ ...part, failed: 0 }, 0, width - 2, false, nameOf(item))}`);
    }
    this.#seen = new Map(running.map(({ index }) => [index, this.#seen.get(index) ?? now]));
    const longest = running.toSorted((a, b) => this.#seen.get(a.index)! - this.#seen.get(b.index)!).at(0);
    const ms = longest ? now - this.#seen.get(longest.index)! : 0;
    if (longest && ms >= LONG) {
      const time = formatTime(ms);
      lines.push(`  ${cutToColumns(`longest: ${nameOf(longest)}`, width - time.length - 3)} ${time}`);
    }
    return lines;
  }
}

function nameOf({ index, text }: RunningItem): string {
  return printable(`items[${index}] ${text()}`);
}

/** The bars that are on the terminal. */
class Bars {
  readonly #bars: TerminalBar[] = [];
  #timer: Timer | undefined;
  #guard: ConsoleGuard | undefined;
  #last = "";

  add(bar: TerminalBar): void {
    this.#bars.push(bar);
    if (this.#timer !== undefined) return;
    this.#timer = setInterval(() => this.#draw(), DRAW_INTERVAL);
    // The timer must not keep the script alive.
    this.#timer.unref();
  }

  remove(bar: TerminalBar, last: string): void {
    const at = this.#bars.indexOf(bar);
    if (at >= 0) this.#bars.splice(at, 1);
    if (this.#bars.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    // Before the first draw, which creates the guard, no other bar is on the terminal.
    Terminal.local().finish(last, this.#guard ? this.#lines() : []);
    if (this.#bars.length > 0) return;
    this.#guard?.[Symbol.dispose]();
    this.#guard = undefined;
  }

  #draw(): void {
    const terminal = Terminal.local();
    this.#guard ??= new ConsoleGuard(terminal);
    const lines = this.#lines();
    const text = lines.map(({ text }) => text).join("\n");
    if (text === this.#last && terminal.isBarShown) return;
    this.#last = text;
    terminal.draw(lines);
  }

  // Bars first: what does not fit is left out.
  #lines(): Line[] {
    const width = columns();
    const room = Math.min(MAX_LINES, rows() - 1);
    const shown = this.#bars.slice(0, room);
    let left = room - shown.length;
    return shown.flatMap((bar) => {
      const details = left > 0 ? bar.details(width).slice(0, left) : [];
      left -= details.length;
      return [bar.bar(width), ...details].map((text) => ({ text, columns: columnsOf(text) }));
    });
  }
}

const bars = new Bars();

// One column less: a terminal may wrap to the next line after a character in the last column.
function columns(): number {
  const columns = terminalColumns();
  return Math.max(1, (columns === Infinity ? DEFAULT_COLUMNS : columns) - 1);
}

function rows(): number {
  try {
    return Math.max(2, Deno.consoleSize().rows || MAX_LINES + 1);
  } catch {
    return MAX_LINES + 1; // stderr is no terminal, or has no size
  }
}
