/**
 * `Terminal`: the terminal that all threads of a process share. It keeps what they print apart from a progress bar.
 *
 * ```
 * console.log in a worker -> enter: lock, clear the bar -> the runtime writes -> leave: draw the bar again, unlock
 * bars                    -> draw:  put the text into shared memory; write it, unless another thread prints at the moment
 * ```
 *
 * Without the lock, a line on stderr can split a line of more than 4 KB on stdout where both go into the same pipe. The
 * first isolate that uses the terminal creates its memory, and each host passes it to its workers in their `WorkerInit`.
 *
 * Output must neither fail the work nor delay it. A bar waits for no other thread: the thread that prints draws the newest
 * text of the bar. A line of progress and a print of the main thread wait for at most 100 ms, and are then written without
 * the lock: a worker that is stuck or hostile may keep the lock for ever, and no timer of the main thread fires while it
 * waits.
 *
 * Memory ordering: only the holder of the lock writes BAR_SHOWN and SHOWN_WIDTHS; the lock orders these accesses. The
 * text of the bar has two slots. The main thread, its one writer, fills the slot that is not in use and then publishes
 * it with an atomic store of BAR_VERSION; a reader that finds another version after its copy drops the copy.
 *
 * @module
 */
import { Atomics, performance } from "./platform.ts";
import { LOCK_WORDS, PrintLock } from "./print_lock.ts";
import { isolateState, type TerminalClient } from "./isolate_state.ts";
import { type SyncTarget, writeAll } from "./write_all.ts";

/** Maximum number of lines that the bars take together. */
export const MAX_LINES = 8;

/** Word with the number of lines of bars that are on the terminal. */
const BAR_SHOWN = LOCK_WORDS;
/** Word that counts the texts of the bar; its lowest bit is the slot of the present one. */
const BAR_VERSION = LOCK_WORDS + 1;
/** Two words: the length of each slot in bytes; 0 means that there is no bar. */
const BAR_LENGTHS = LOCK_WORDS + 2;
/** The columns of each line, in each slot; 0 after the last line. */
const BAR_WIDTHS = LOCK_WORDS + 4;
/** The columns of each line that is on the terminal: in a terminal that was made narrower it takes more rows. */
const SHOWN_WIDTHS = BAR_WIDTHS + 2 * MAX_LINES;
/** Where the slots begin, in bytes. */
const BAR_TEXT = 4 * (SHOWN_WIDTHS + MAX_LINES);
/** Size of a slot in bytes. */
const MAX_BAR = 8_192;
/** Maximum length of a line; the rest is cut off. A character takes 3 bytes at most, a surrogate 2. */
const MAX_COLUMNS = 330;
const BYTES = BAR_TEXT + 2 * MAX_BAR;

/** Maximum number of rows that are cleared: a task can write anything into the widths. */
const MAX_ROWS = 100;

/** Moves to the start of the line and clears it. */
const CLEAR = "\r\x1b[K";
/** How long a line of progress, or a print of the main thread, waits for the lock, in milliseconds. */
const LOCK_TIMEOUT = 100;
/** Milliseconds after a wait for the lock that has timed out, in which further prints do not wait for it. */
const STUCK_TIME = 1_000;

const encoder = new TextEncoder();
const { now } = performance;
const consoleSize = Deno.consoleSize;

/** Until when the lock counts as stuck, as a time of `performance.now()`. */
let stuckUntil = 0;

/** The terminal, as one thread uses it. */
export class Terminal {
  readonly #words: Int32Array;
  readonly #text: Uint8Array;
  readonly #lock: PrintLock;

  constructor({ memory, owner }: TerminalClient) {
    this.#words = new Int32Array(memory, 0, BAR_TEXT / 4);
    this.#text = new Uint8Array(memory, BAR_TEXT);
    this.#lock = new PrintLock(this.#words, owner);
  }

  /** Returns the terminal of this isolate. */
  static local(): Terminal {
    return new Terminal(isolateState.terminal ??= createClient(new SharedArrayBuffer(BYTES)));
  }

  /** Returns access to this isolate's terminal for one more thread. */
  static newClient(): TerminalClient {
    Terminal.local();
    return createClient(isolateState.terminal!.memory);
  }

  /**
   * Begins a print of a worker: takes the lock and clears the bar. Returns whether the caller must call
   * {@linkcode leave}: `false` for a print inside a print, by a getter of the printed value for instance, and for one that
   * waited in vain.
   */
  enter(): boolean {
    if (this.#lock.isHeld || !this.#lock.acquire()) return false;
    this.#clearBar();
    return true;
  }

  /** Ends a print: draws the bar again and releases the lock. It does nothing on a thread that does not hold the lock. */
  leave(): void {
    if (!this.#lock.isHeld) return;
    const bars = this.#readBars();
    if (bars !== undefined) this.#writeBars(bars);
    this.#lock.release();
  }

  /** Calls `write` under the lock; without it if another thread keeps the lock for too long. */
  print<T>(write: () => T): T {
    if (this.#lock.isHeld) return write();
    const entered = this.#takeTurn();
    this.#clearBar();
    try {
      return write();
    } finally {
      if (entered) this.leave();
    }
  }

  /** Prints a line to stderr. */
  printLine(line: string): void {
    this.print(() => show(`${line}\n`));
  }

  /** Draws bars in place of the present ones. While another thread prints, that thread draws them after its print. */
  draw(bars: readonly Line[]): void {
    this.#publishBars(bars);
    if (this.#lock.isHeld || !this.#lock.tryAcquire(0)) return;
    this.leave(); // Draws the bars that were just published.
  }

  /** Ends a bar: writes its last text as a line that stays, and the others below it. */
  finish(bar: string, others: readonly Line[]): void {
    this.#publishBars(others);
    this.print(() => show(`\r${bar}\x1b[K\n`));
  }

  /** Whether a bar is on the terminal. Read without the lock, so it may be out of date. */
  get isBarShown(): boolean {
    return Atomics.load(this.#words, BAR_SHOWN) !== 0;
  }

  /** Host: a thread is being killed, so the lock no longer waits for it without a limit. */
  suspectOwner(owner: number): void {
    this.#lock.suspectOwner(owner);
  }

  /** Host: a thread has ended, so another one may take the lock that it held. */
  ownerEnded(owner: number): void {
    this.#lock.ownerEnded(owner);
  }

  #takeTurn(): boolean {
    if (this.#lock.tryAcquire(now() < stuckUntil ? 0 : LOCK_TIMEOUT)) return true;
    stuckUntil = now() + STUCK_TIME;
    return false;
  }

  #clearBar(): void {
    if (!this.isBarShown) return;
    show(this.#clearSequence());
    Atomics.store(this.#words, BAR_SHOWN, 0);
  }

  // Clears the rows of the bars, upwards. Not by clearing all below the first: where that is the first row of the screen,
  // tmux keeps what was cleared, and its history would have each state of the bars.
  #clearSequence(): string {
    const lines = Math.min(Atomics.load(this.#words, BAR_SHOWN), MAX_LINES);
    const columns = terminalColumns();
    let rows = 0;
    for (let i = 0; i < lines; i++) rows += Math.max(1, Math.ceil(this.#words[SHOWN_WIDTHS + i] / columns));
    return rows > 1 && rows <= MAX_ROWS ? CLEAR + "\x1b[A\x1b[K".repeat(rows - 1) : CLEAR;
  }

  #writeBars({ text, widths }: { text: Uint8Array; widths: Int32Array }): void {
    const lines = Math.max(1, widths.filter((width) => width > 0).length);
    const shown = Atomics.load(this.#words, BAR_SHOWN);
    const clear = shown > 0 ? this.#clearSequence() : CLEAR;
    // Before they are written: a thread that is killed in between leaves bars that the next print clears.
    this.#words.set(widths, SHOWN_WIDTHS);
    Atomics.store(this.#words, BAR_SHOWN, lines);
    // One line is written over the last one, which does not flicker.
    if (shown === 0 || (clear === CLEAR && lines === 1)) return show(text);
    show(new Uint8Array([...encoder.encode(clear), ...text]));
  }

  #publishBars(bars: readonly Line[]): void {
    const text = bars.map(({ text }) => `\r${text.slice(0, MAX_COLUMNS)}\x1b[K`).join("\n");
    const bytes = encoder.encode(text);
    const version = Atomics.load(this.#words, BAR_VERSION) + 1 | 0;
    const slot = version & 1;
    this.#text.set(bytes, slot * MAX_BAR);
    this.#words[BAR_LENGTHS + slot] = bytes.length;
    for (let i = 0; i < MAX_LINES; i++) this.#words[BAR_WIDTHS + slot * MAX_LINES + i] = bars[i]?.columns ?? 0;
    Atomics.store(this.#words, BAR_VERSION, version);
  }

  // Returns copies: the runtime cannot write from shared memory. A task can write anything into the words, hence the bounds.
  #readBars(): { text: Uint8Array; widths: Int32Array } | undefined {
    const version = Atomics.load(this.#words, BAR_VERSION);
    const slot = version & 1;
    const length = this.#words[BAR_LENGTHS + slot];
    if (length <= 0 || length > MAX_BAR) return undefined;
    const text = this.#text.slice(slot * MAX_BAR, slot * MAX_BAR + length);
    const widths = this.#words.slice(BAR_WIDTHS + slot * MAX_LINES, BAR_WIDTHS + (slot + 1) * MAX_LINES);
    return Atomics.load(this.#words, BAR_VERSION) === version ? { text, widths } : undefined;
  }
}

/** A line of bars, and the columns that it takes. */
export interface Line {
  readonly text: string;
  readonly columns: number;
}

/** Returns the number of columns of the terminal; `Infinity` if there is none. */
export function terminalColumns(): number {
  try {
    return consoleSize().columns || Infinity;
  } catch {
    return Infinity; // stderr is no terminal, or has no size
  }
}

/**
 * Writes to stderr, where bars and lines of progress are shown, or to another stream. It never throws: what cannot be shown
 * must not fail the work. The reasons are many: the terminal is closed, the disk is full, the descriptor does not block and
 * has no room.
 */
export function show(text: string | Uint8Array, stream: SyncTarget = Deno.stderr): void {
  try {
    writeAll(stream, text);
  } catch {
    // Nothing can be done, and there is no place to report it: that place is stderr.
  }
}

function createClient(memory: SharedArrayBuffer): TerminalClient {
  return { memory, owner: PrintLock.newOwner(new Int32Array(memory, 0, LOCK_WORDS)) };
}
