/**
 * Who wakes whom between a host and its worker, through shared memory: a message through a port takes 20 us to arrive, a
 * word 5.
 *
 * ```
 * host                                   worker
 *   announce(tail)  ---- TAIL, BELL --->   moved: a call is there      blocks for a moment (rest), or waits (moved)
 *   ring()          ---- BELL --------->   a message is in the port    only who blocks needs it
 *   heard()         <--- TOLD ----------   tell(count, ms, ran)        answers are on the board
 * ```
 *
 * The algorithm of the worker's side is in `shared/steps/bell.ts`. The host never blocks: it waits for TOLD to move. What
 * a worker tells is not believed: the numbers are made plausible here, and the answers are on the board or they are not.
 *
 * Memory ordering: sequentially consistent; what was written to the board before `announce` or `tell` is seen after it.
 *
 * @module
 */
import { Cells } from "../shared/memory.ts";
import { BELL_WORDS, POSTS, rest, ring, TAIL } from "../shared/steps/bell.ts";
import { DONE, Frame, Result, WAIT } from "../shared/steps/step.ts";

const TOLD = BELL_WORDS;
// Since the beginning: calls that were answered, and microseconds, which wrap around.
const COUNT = TOLD + 1;
const SPENT = TOLD + 2;
const RAN = TOLD + 3;
const WORDS = TOLD + 4;

/** What a worker has done since it was asked last. */
export interface Told {
  /** Calls that were answered. */
  count: number;
  /** Milliseconds of its time. */
  ms: number;
  /** Milliseconds that they would have taken one after another. */
  ran: number;
}

/** The bell between one host and one worker, seen from either side. */
export class Bell {
  /** The memory to hand to the other side. */
  readonly memory: SharedArrayBuffer;
  readonly #words: Cells;
  readonly #frame = new Frame();
  // What the host has read so far.
  #told = 0;
  #count = 0;
  #spent = 0;
  #ran = 0;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(WORDS * 4)) {
    this.memory = memory;
    this.#words = new Cells(memory);
  }

  /** Host: all calls before number `tail` are on the board. */
  announce(tail: number): void {
    this.#ring(1, tail);
  }

  /** Host: a message is in the port; comes after it. */
  ring(): void {
    this.#ring(0, 0);
  }

  /** Host: the calls before number `tail` are in the port. */
  pass(tail: number): void {
    this.#words.store(TAIL, tail | 0);
  }

  /** Worker: the number behind the last call that was announced, at 32 bits. */
  get tail(): number {
    return this.#words.load(TAIL);
  }

  /** Worker: how many messages were posted. */
  get posts(): number {
    return this.#words.load(POSTS);
  }

  /** Worker: blocks for `ms` milliseconds at most, or until something comes; `true` if the tail has moved from `tail`. */
  rest(tail: number, posts: number, ms: number): boolean {
    const words = this.#words;
    const frame = this.#frame;
    frame.pc = 0;
    frame.quit = false;
    frame.b = tail;
    frame.c = posts;
    for (;;) {
      const outcome = rest(words, frame);
      if (outcome === DONE) return frame.result === Result.OK;
      if (outcome === WAIT) frame.quit = Atomics.wait(words.cells, frame.on, frame.expected, ms) === "timed-out";
    }
  }

  /** Worker: resolves once the tail has moved from `tail`; `undefined` if it has. */
  moved(tail: number): Promise<unknown> | undefined {
    const wait = Atomics.waitAsync(this.#words.cells, TAIL, tail);
    return wait.async ? wait.value : undefined;
  }

  /** Worker: answers are on the board. */
  tell({ count, ms, ran }: Told): void {
    const words = this.#words;
    words.add(COUNT, count);
    words.add(SPENT, Math.round(ms * 1000));
    words.add(RAN, Math.round(ran * 1000));
    words.add(TOLD, 1);
    words.notify(TOLD, 1);
  }

  /** Host: resolves once the worker has told something; `undefined` if it has. */
  heard(): Promise<unknown> | undefined {
    const wait = Atomics.waitAsync(this.#words.cells, TOLD, this.#told);
    return wait.async ? wait.value : undefined;
  }

  /** Host: what the worker has told since the last time. */
  take(): Told {
    const words = this.#words;
    this.#told = words.load(TOLD);
    const count = words.load(COUNT), spent = words.load(SPENT), ran = words.load(RAN);
    const told = {
      count: Math.max(0, (count - this.#count) | 0),
      ms: Math.max(0, (spent - this.#spent) | 0) / 1000,
      ran: Math.max(0, (ran - this.#ran) | 0) / 1000,
    };
    [this.#count, this.#spent, this.#ran] = [count, spent, ran];
    return told;
  }

  /** Host: nothing will be told any more; ends the wait for it. */
  end(): void {
    this.#words.notify(TOLD, 1);
  }

  #ring(announce: number, tail: number): void {
    const frame = this.#frame;
    frame.pc = 0;
    frame.a = announce;
    frame.b = tail | 0;
    while (ring(this.#words, frame) !== DONE);
  }
}
