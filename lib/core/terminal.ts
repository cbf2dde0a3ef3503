/**
 * `Terminal`: the terminal that all threads of a process share. It keeps what they print apart from a progress bar.
 *
 * ```
 * console.log in a worker -> enter: lock, clear the bar -> the runtime writes -> leave: draw the bar again, unlock
 * a bar                   -> draw:  put the text into shared memory; write it, unless another thread prints at the moment
 * ```
 *
 * Without the lock, a line on stderr can split a line of more than 4 KB on stdout where both go into the same pipe. The
 * first isolate that uses the terminal creates its memory, and each host passes it to its workers in their `WorkerInit`.
 *
 * Showing neither fails nor delays the work. A bar waits for no other thread: the one that prints draws its newest text. A
 * line of progress and a print of main wait for at most 100 ms, and then go without the lock: a worker that is stuck or
 * hostile may keep the lock for ever, and main's timers stand still while main waits.
 *
 * Memory ordering: only the holder of the lock writes BAR_SHOWN; the lock orders these accesses. The text of the bar has
 * two slots. Main, its one writer, fills the slot that is not in use and then publishes it with an atomic store of
 * BAR_VERSION; a reader that finds another version after its copy drops the copy.
 *
 * @module
 */
import { Atomics, performance } from "./platform.ts";
import { LOCK_WORDS, PrintLock } from "./print_lock.ts";
import { isolateState, type TerminalClient } from "./isolate_state.ts";

/** Word that is 1 while a bar is on the terminal. */
const BAR_SHOWN = LOCK_WORDS;
/** Word that counts the texts of the bar; its lowest bit is the slot of the present one. */
const BAR_VERSION = LOCK_WORDS + 1;
/** Two words: the length of each slot in bytes; 0 means that there is no bar. */
const BAR_LENGTHS = LOCK_WORDS + 2;
/** Where the slots begin, in bytes. */
const BAR_TEXT = 4 * (LOCK_WORDS + 4);
/** Size of a slot in bytes. */
const MAX_BAR = 1_024;
/** Maximum length of a bar; the rest is cut off. A character takes 3 bytes at most, a surrogate 2. */
const MAX_COLUMNS = 340;
const BYTES = BAR_TEXT + 2 * MAX_BAR;

/** Moves to the start of the line and clears it. */
const CLEAR = "\r\x1b[K";
/** How long a line of progress or a print of main waits for the lock, in milliseconds. */
const TURN_TIMEOUT = 100;
/** How long nothing waits any more after such a wait was in vain, in milliseconds. */
const STUCK_TIME = 1_000;

const encoder = new TextEncoder();
const { now } = performance;

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
    const bar = this.#readBar();
    if (bar !== undefined) this.#writeBar(bar);
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

  /** Draws a bar in place of the present one. While another thread prints, that thread draws it after its print. */
  draw(bar: string): void {
    this.#publishBar(bar);
    if (this.#lock.isHeld || !this.#lock.tryAcquire(0)) return;
    this.leave();
  }

  /** Ends the bar: writes its last text as a line that stays. */
  finish(bar: string): void {
    this.#publishBar("");
    this.print(() => writeAll(`\r${bar}\x1b[K\n`));
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

  #takeTurn(): boolean {
    if (this.#lock.tryAcquire(now() < stuckUntil ? 0 : TURN_TIMEOUT)) return true;
    stuckUntil = now() + STUCK_TIME;
    return false;
  }

  #clearBar(): void {
    if (!this.isBarShown) return;
    writeAll(CLEAR);
    Atomics.store(this.#words, BAR_SHOWN, 0);
  }

  #writeBar(bar: Uint8Array): void {
    // Before the bar is written: a thread that is killed in between leaves a bar that the next print clears.
    Atomics.store(this.#words, BAR_SHOWN, 1);
    writeAll(bar);
  }

  #publishBar(bar: string): void {
    const bytes = encoder.encode(bar === "" ? "" : `\r${bar.slice(0, MAX_COLUMNS)}\x1b[K`);
    const version = Atomics.load(this.#words, BAR_VERSION) + 1 | 0;
    const slot = version & 1;
    this.#text.set(bytes, slot * MAX_BAR);
    this.#words[BAR_LENGTHS + slot] = bytes.length;
    Atomics.store(this.#words, BAR_VERSION, version);
  }

  // Returns a copy: the runtime writes no shared memory. A task can write anything into the words, hence the bounds.
  #readBar(): Uint8Array | undefined {
    const version = Atomics.load(this.#words, BAR_VERSION);
    const slot = version & 1;
    const length = this.#words[BAR_LENGTHS + slot];
    if (length <= 0 || length > MAX_BAR) return undefined;
    const bar = this.#text.slice(slot * MAX_BAR, slot * MAX_BAR + length);
    return Atomics.load(this.#words, BAR_VERSION) === version ? bar : undefined;
  }
}

/**
 * Writes to stderr, where bars and lines of progress are shown. It never throws: what cannot be shown must not fail the
 * work. The reasons are many: the terminal is closed, the disk is full, the descriptor does not block and has no room.
 */
export function writeAll(text: string | Uint8Array): void {
  try {
    const bytes = typeof text === "string" ? encoder.encode(text) : text;
    for (let written = 0; written < bytes.length;) {
      const count = Deno.stderr.writeSync(bytes.subarray(written));
      if (!(count > 0)) return;
      written += count;
    }
  } catch {
    // Nothing can be done, and there is no place to report it: that place is stderr.
  }
}

function createClient(memory: SharedArrayBuffer): TerminalClient {
  return { memory, owner: PrintLock.newOwner(new Int32Array(memory, 0, LOCK_WORDS)) };
}
