/**
 * `Terminal`: the terminal that all threads of a process share. It keeps what they print apart from a progress bar.
 *
 * ```
 * console.log in a worker -> enter: lock, clear the bar -> the runtime writes -> leave: unlock
 * a bar                   -> draw:  lock, write the bar, set BAR_SHOWN, unlock
 * ```
 *
 * Without the lock, a line on stderr can split a line of more than 4 KB on stdout where both go into the same pipe. The
 * first isolate that uses the terminal creates its memory, and each host passes it to its workers in their `WorkerInit`.
 *
 * Memory ordering: only the holder of the lock writes BAR_SHOWN; the lock orders these accesses.
 *
 * @module
 */
import { LOCK_WORDS, PrintLock } from "./print_lock.ts";
import { scope, type TerminalClient } from "./isolate_state.ts";

/** Word that is 1 while a bar is on the terminal. */
const BAR_SHOWN = LOCK_WORDS;
const BYTES = 4 * (LOCK_WORDS + 1);

/** Moves to the start of the line and clears it. */
const CLEAR = "\r\x1b[K";
/** How long drawing a bar waits for the lock, in milliseconds; the bar is drawn again soon. */
const DRAW_TIMEOUT = 10;

const encoder = new TextEncoder();

/** The terminal, as one thread uses it. */
export class Terminal {
  readonly #words: Int32Array;
  readonly #lock: PrintLock;

  constructor({ memory, owner }: TerminalClient) {
    this.#words = new Int32Array(memory);
    this.#lock = new PrintLock(this.#words, owner);
  }

  /** Returns the terminal of this isolate. */
  static local(): Terminal {
    return new Terminal(scope.terminal ??= createClient(new SharedArrayBuffer(BYTES)));
  }

  /** Returns access to this isolate's terminal for one more thread. */
  static newClient(): TerminalClient {
    Terminal.local();
    return createClient(scope.terminal!.memory);
  }

  /**
   * Begins a print: takes the lock and clears a bar. Returns whether the caller must call {@linkcode leave}: `false` for a
   * print inside a print, by a getter of the printed value for instance.
   */
  enter(): boolean {
    if (this.#lock.isHeld) return false;
    this.#lock.acquire();
    if (this.#words[BAR_SHOWN] !== 0) {
      writeAll(CLEAR);
      this.#words[BAR_SHOWN] = 0;
    }
    return true;
  }

  /** Ends a print: releases the lock. */
  leave(): void {
    this.#lock.release();
  }

  /** Calls `write` under the lock. */
  print<T>(write: () => T): T {
    const entered = this.enter();
    try {
      return write();
    } finally {
      if (entered) this.leave();
    }
  }

  /** Draws a bar in place of the present one; returns `false` if another thread held the lock for too long. */
  draw(bar: string): boolean {
    if (this.#lock.isHeld || !this.#lock.acquire(DRAW_TIMEOUT)) return false;
    try {
      this.#words[BAR_SHOWN] = 1;
      writeAll(`\r${bar}\x1b[K`);
    } finally {
      this.leave();
    }
    return true;
  }

  /** Writes the last bar as a line that stays. */
  finish(bar: string): void {
    const entered = this.enter();
    try {
      writeAll(`\r${bar}\x1b[K\n`);
    } finally {
      if (entered) this.leave();
    }
  }

  /** Whether a bar is on the terminal. Read without the lock, so it may be out of date. */
  get isBarShown(): boolean {
    return Atomics.load(this.#words, BAR_SHOWN) !== 0;
  }

  /** Host: reports that a thread is being killed. */
  suspectOwner(owner: number): void {
    this.#lock.suspectOwner(owner);
  }

  /** Host: reports that a thread has ended. */
  ownerEnded(owner: number): void {
    this.#lock.ownerEnded(owner);
  }
}

/** Writes to stderr, where bars are shown. Ignores a closed terminal: a bar that cannot be shown must not fail a map. */
export function writeAll(text: string): void {
  const bytes = encoder.encode(text);
  try {
    for (let written = 0; written < bytes.length;) written += Deno.stderr.writeSync(bytes.subarray(written));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.BadResource)) throw error;
  }
}

function createClient(memory: SharedArrayBuffer): TerminalClient {
  return { memory, owner: PrintLock.newOwner(new Int32Array(memory)) };
}
