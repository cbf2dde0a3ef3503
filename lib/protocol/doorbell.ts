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
 * The algorithm of the worker's side is in `shared/steps/doorbell.ts`. The host never blocks: it waits for TOLD to move. What
 * a worker tells is not believed: the numbers are made plausible here, and the answers are on the board or they are not.
 *
 * Memory ordering: sequentially consistent; what was written to the board before `announce` or `tell` is seen after it.
 *
 * @module
 */
import { AtomicWords } from "../shared/memory.ts";
import { DOORBELL_WORDS, park, POSTS, signal, TAIL } from "../shared/steps/doorbell.ts";
import { DONE, Frame, Result, WAIT } from "../shared/steps/step.ts";

const REPORTS = DOORBELL_WORDS;
// Since the beginning: calls that were answered, and microseconds, which wrap around.
const COUNT = REPORTS + 1;
const SPENT = REPORTS + 2;
const RAN = REPORTS + 3;
const WORDS = REPORTS + 4;

/** What a worker has done since it was asked last. */
export interface Report {
  /** Calls that were answered. */
  count: number;
  /** Milliseconds of its time. */
  ms: number;
  /** Milliseconds that they would have taken one after another. */
  ran: number;
}

/** The bell between one host and one worker, seen from either side. */
export class Doorbell {
  /** The memory to hand to the other side. */
  readonly memory: SharedArrayBuffer;
  readonly #words: AtomicWords;
  readonly #frame = new Frame();
  // What the host has read so far.
  #reports = 0;
  #count = 0;
  #spent = 0;
  #ran = 0;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(WORDS * 4)) {
    this.memory = memory;
    this.#words = new AtomicWords(memory);
  }

  /** Host: all calls before number `tail` are on the board. */
  publish(tail: number): void {
    this.#signal(1, tail);
  }

  /** Host: a message is in the port; comes after it. */
  wake(): void {
    this.#signal(0, 0);
  }

  /** Host: the calls before number `tail` are in the port. */
  publishPosted(tail: number): void {
    this.#words.store(TAIL, tail | 0);
  }

  /** Worker: the number behind the last call that was announced, at 32 bits. */
  get tail(): number {
    return this.#words.load(TAIL);
  }

  /** Worker: how many messages were posted. */
  get postCount(): number {
    return this.#words.load(POSTS);
  }

  /** Worker: blocks for `ms` milliseconds at most, or until something comes; `true` if the tail has moved from `tail`. */
  park(tail: number, posts: number, ms: number): boolean {
    const words = this.#words;
    const frame = this.#frame;
    frame.pc = 0;
    frame.quit = false;
    frame.b = tail;
    frame.c = posts;
    for (;;) {
      const outcome = park(words, frame);
      if (outcome === DONE) return frame.result === Result.OK;
      if (outcome === WAIT) frame.quit = Atomics.wait(words.array, frame.on, frame.expected, ms) === "timed-out";
    }
  }

  /** Worker: resolves once the tail has moved from `tail`; `undefined` if it has. */
  published(tail: number): Promise<unknown> | undefined {
    const wait = Atomics.waitAsync(this.#words.array, TAIL, tail);
    return wait.async ? wait.value : undefined;
  }

  /** Worker: answers are on the board. */
  report({ count, ms, ran }: Report): void {
    const words = this.#words;
    words.add(COUNT, count);
    words.add(SPENT, Math.round(ms * 1000));
    words.add(RAN, Math.round(ran * 1000));
    words.add(REPORTS, 1);
    words.notify(REPORTS, 1);
  }

  /** Host: resolves once the worker has told something; `undefined` if it has. */
  reported(): Promise<unknown> | undefined {
    const wait = Atomics.waitAsync(this.#words.array, REPORTS, this.#reports);
    return wait.async ? wait.value : undefined;
  }

  /** Host: what the worker has told since the last time. */
  takeReport(): Report {
    const words = this.#words;
    this.#reports = words.load(REPORTS);
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
  close(): void {
    this.#words.notify(REPORTS, 1);
  }

  #signal(announce: number, tail: number): void {
    const frame = this.#frame;
    frame.pc = 0;
    frame.a = announce;
    frame.b = tail | 0;
    while (signal(this.#words, frame) !== DONE);
  }
}
