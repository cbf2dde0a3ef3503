/**
 * A doorbell wakes the other side of a host-worker pair through shared memory, in about 5 us; a message through a port
 * takes about 20 us to arrive.
 *
 * ```
 * host                                          worker
 *   publish(tail)  ---- TAIL, SIGNALS --->        new calls: ends park() and published()
 *   wake()         ---- POSTS, SIGNALS -->        a message is in the port: ends park()
 *   takeReport()   <--- REPORTS ----------        report(count, ms, runTime): results are in the call table
 * ```
 *
 * The worker's algorithm is in `shared/steps/doorbell.ts`. The host never blocks: it waits asynchronously until REPORTS
 * changes. A hostile worker can write any number here, so the host corrects impossible differences; the results
 * themselves are checked in the call table.
 *
 * Memory ordering: sequentially consistent. What a side wrote to the call table before `publish` or `report` is visible
 * to the other side after it.
 *
 * @module
 */
import { Atomics, performance } from "../core/platform.ts";
import { AtomicWords } from "../shared/memory.ts";
import { DOORBELL_WORDS, park, POSTS, signal, TAIL } from "../shared/steps/doorbell.ts";
import { DONE, Frame, Result, WAIT } from "../shared/steps/step.ts";

const REPORTS = DOORBELL_WORDS;
// Totals since the start of the worker: answered calls, and microseconds. They wrap around.
const COUNT = REPORTS + 1;
const ELAPSED = REPORTS + 2;
const RUN_TIME = REPORTS + 3;
const WORDS = REPORTS + 4;

/** How often a spinning worker reads the words before it reads the clock, which costs as much. */
const READS_PER_CLOCK = 32;

/** What a worker has done since its previous report. */
export interface Report {
  /** Number of answered calls. */
  count: number;
  /** Milliseconds of the worker's time. */
  ms: number;
  /** Milliseconds that the calls would have taken one after another. */
  runTime: number;
}

/** The doorbell of one worker, as either side sees it. */
export class Doorbell {
  /** The memory to hand to the other side. */
  readonly memory: SharedArrayBuffer;
  readonly #words: AtomicWords;
  readonly #frame = new Frame();
  // Host: the totals at the previous report.
  #reports = 0;
  #count = 0;
  #elapsed = 0;
  #runTime = 0;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(WORDS * 4)) {
    this.memory = memory;
    this.#words = new AtomicWords(memory);
  }

  /** Host: publishes that all calls before number `tail` are in the call table. */
  publish(tail: number): void {
    this.#signal(1, tail);
  }

  /** Host: wakes the worker for a message that was posted just before. */
  wake(): void {
    this.#signal(0, 0);
  }

  /** Host: publishes that the calls before number `tail` were posted. Does not wake. */
  publishPosted(tail: number): void {
    this.#words.store(TAIL, tail | 0);
  }

  /** Worker: one more than the number of the last published call; its low 32 bits. */
  get tail(): number {
    return this.#words.load(TAIL);
  }

  /** Worker: how many messages the host has posted. */
  get postCount(): number {
    return this.#words.load(POSTS);
  }

  /**
   * Worker: reads the words again and again, without sleeping, until a call is published or a message is posted, for `ms`
   * milliseconds at most. {@linkcode park} then finds what has come.
   */
  spin(tail: number, posts: number, ms: number): void {
    const words = this.#words;
    const end = performance.now() + ms;
    do {
      for (let i = 0; i < READS_PER_CLOCK; i++) {
        if (words.load(TAIL) !== tail || words.load(POSTS) !== posts) return;
      }
    } while (performance.now() < end);
  }

  /**
   * Worker: blocks until a call is published or a message is posted, for `ms` milliseconds at most; `true` if the tail
   * is no longer `tail`.
   *
   * @param posts The {@linkcode postCount} when the event loop turned last: later messages end the wait at once.
   */
  park(tail: number, posts: number, ms: number): boolean {
    const words = this.#words;
    const frame = this.#frame;
    frame.pc = 0;
    frame.giveUp = false;
    frame.b = tail;
    frame.c = posts;
    for (;;) {
      const outcome = park(words, frame);
      if (outcome === DONE) return frame.result === Result.OK;
      if (outcome === WAIT) frame.giveUp = Atomics.wait(words.array, frame.on, frame.expected, ms) === "timed-out";
    }
  }

  /** Worker: resolves when the tail is no longer `tail`; `undefined` if that is so already. */
  published(tail: number): Promise<unknown> | undefined {
    const wait = Atomics.waitAsync(this.#words.array, TAIL, tail);
    return wait.async ? wait.value : undefined;
  }

  /** Worker: reports that results are in the call table, and wakes the host. */
  report({ count, ms, runTime }: Report): void {
    const words = this.#words;
    words.add(COUNT, count);
    words.add(ELAPSED, Math.round(ms * 1000));
    words.add(RUN_TIME, Math.round(runTime * 1000));
    words.add(REPORTS, 1);
    words.notify(REPORTS, 1);
  }

  /** Host: resolves at the worker's next report; `undefined` if there is one to take. */
  reported(): Promise<unknown> | undefined {
    const wait = Atomics.waitAsync(this.#words.array, REPORTS, this.#reports);
    return wait.async ? wait.value : undefined;
  }

  /** Host: whether there is a report that {@linkcode takeReport} has not taken. */
  get hasReport(): boolean {
    return this.#words.load(REPORTS) !== this.#reports;
  }

  /** Host: takes all that the worker has reported since the previous call. */
  takeReport(): Report {
    const words = this.#words;
    this.#reports = words.load(REPORTS);
    const count = words.load(COUNT), elapsed = words.load(ELAPSED), runTime = words.load(RUN_TIME);
    const report = {
      count: Math.max(0, (count - this.#count) | 0),
      ms: Math.max(0, (elapsed - this.#elapsed) | 0) / 1000,
      runTime: Math.max(0, (runTime - this.#runTime) | 0) / 1000,
    };
    [this.#count, this.#elapsed, this.#runTime] = [count, elapsed, runTime];
    return report;
  }

  /** Host: ends the wait for a report. */
  close(): void {
    this.#words.notify(REPORTS, 1);
  }

  #signal(hasCalls: 0 | 1, tail: number): void {
    const frame = this.#frame;
    frame.pc = 0;
    frame.a = hasCalls;
    frame.b = tail | 0;
    while (signal(this.#words, frame) !== DONE);
  }
}
