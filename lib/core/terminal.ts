/**
 * The terminal that all threads of a process share: the one seam between what they print and a progress bar.
 *
 * ```
 * console.log in a worker -> enter: lock, clear the bar -> the runtime writes -> leave: unlock
 * a bar                   -> draw:  lock, write the bar, note that it is there, unlock
 * ```
 *
 * Without the lock, a line of more than 4 KB on stdout is torn by one on stderr where both go into the same pipe. The
 * memory is made by the first isolate that asks, and handed on to each worker with its introduction.
 *
 * Memory ordering: DRAWN is only touched by the holder of the lock, which orders it.
 *
 * @module
 */
import { LOCK_WORDS, PrintLock } from "./print_lock.ts";
import { scope, type TerminalClient } from "./isolate_state.ts";

const DRAWN = LOCK_WORDS;
const BYTES = 4 * (LOCK_WORDS + 1);

/** Back to the start of the line, and nothing in it. */
const CLEAR = "\r\x1b[K";
/** How long drawing a bar waits for its turn, in milliseconds; there will be another. */
const TURN = 10;

const encoder = new TextEncoder();

/** The screen, as one thread sees it. */
export class Terminal {
  readonly #words: Int32Array;
  readonly #lock: PrintLock;

  constructor({ memory, owner }: TerminalClient) {
    this.#words = new Int32Array(memory);
    this.#lock = new PrintLock(this.#words, owner);
  }

  /** The screen of this isolate. */
  static local(): Terminal {
    return new Terminal(scope.terminal ??= newSeat(new SharedArrayBuffer(BYTES)));
  }

  /** A seat for one more thread at the screen of this isolate. */
  static newClient(): TerminalClient {
    Terminal.local();
    return newSeat(scope.terminal!.memory);
  }

  /**
   * Begins a print: waits for its turn, and clears a bar that is in the way. Tells whether a {@linkcode leave} is due:
   * not for a print from inside of a print, by a getter of the value for instance.
   */
  enter(): boolean {
    if (this.#lock.isHeld) return false;
    this.#lock.acquire();
    if (this.#words[DRAWN] !== 0) {
      writeAll(CLEAR);
      this.#words[DRAWN] = 0;
    }
    return true;
  }

  /** Ends a print. */
  leave(): void {
    this.#lock.release();
  }

  /** Prints: `write` has the screen for itself. */
  print<T>(write: () => T): T {
    const entered = this.enter();
    try {
      return write();
    } finally {
      if (entered) this.leave();
    }
  }

  /** Draws a bar in place of the one that is there; `false` if the screen was busy. */
  draw(bar: string): boolean {
    if (this.#lock.isHeld || !this.#lock.acquire(TURN)) return false;
    try {
      this.#words[DRAWN] = 1;
      writeAll(`\r${bar}\x1b[K`);
    } finally {
      this.leave();
    }
    return true;
  }

  /** Puts the last bar on a line of its own. */
  finish(bar: string): void {
    const entered = this.enter();
    try {
      writeAll(`\r${bar}\x1b[K\n`);
    } finally {
      if (entered) this.leave();
    }
  }

  /** Whether a bar is there; a look from outside of the lock, which may be a moment old. */
  get drawn(): boolean {
    return Atomics.load(this.#words, DRAWN) !== 0;
  }

  /** Host: a thread is being killed. */
  suspectOwner(owner: number): void {
    this.#lock.suspectOwner(owner);
  }

  /** Host: a thread has ended. */
  ownerEnded(owner: number): void {
    this.#lock.ownerEnded(owner);
  }
}

/** Writes to stderr, where bars are. A terminal that has gone shows no bar either: the work must not fail of it. */
export function writeAll(text: string): void {
  const bytes = encoder.encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.BadResource)) throw error;
  }
}

function newSeat(memory: SharedArrayBuffer): TerminalClient {
  return { memory, owner: PrintLock.owner(new Int32Array(memory)) };
}
