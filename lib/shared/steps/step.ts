/**
 * The form of every algorithm on shared memory here: a state machine of single atomic steps.
 *
 * ```
 *                 +--> lib/shared/run_*.ts       runs it on a SharedArrayBuffer, with Atomics, and sleeps
 *  steps/*.ts ----|
 *                 +--> tests/model/explorer.ts   runs it on an array, in every order of steps, with a death at each
 * ```
 *
 * The same functions run in both places, so the explorer checks the code of production and not a copy of it. A step does
 * **at most one** thing that another thread can see: one operation of {@linkcode Words}, or going to sleep. The machine
 * keeps everything else in its {@linkcode Frame}: integers, so that the explorer can store and compare them.
 *
 * A step that returns `WAIT` asks its runner to sleep until another thread notifies the word that it names, if that word
 * still holds the expected value. Spurious wake-ups happen, one every 50 ms at the latest, so a machine reads its words
 * again after each sleep. The runner sets `giveUp` before it calls the step again if the time is up or the signal has
 * aborted. The machine then gives up in its own way: another thread may have notified it at the same moment, and a
 * machine that kept that notification to itself would leave another sleeper asleep.
 *
 * @module
 */

/** Outcome of a step: the runner calls the machine again. */
export const CONTINUE = 0;
/** Outcome of a step: the runner sleeps while `frame.where` holds `frame.expected` at `frame.on`, then calls the machine again. */
export const WAIT = 1;
/** Outcome of a step: the machine has finished, with `frame.result`. */
export const DONE = 2;

/** The outcome of a step. */
export type Outcome = typeof CONTINUE | typeof WAIT | typeof DONE;

/** The status of a thread in the table of owners. */
export const OwnerStatus = {
  /** The thread has ended: none of its code runs, or will run. */
  GONE: 0,
  /** The thread runs, or has not been reported as ended. */
  ALIVE: 1,
  /** The host stopped the thread, and it did not end: its code may still run. */
  LOST: 2,
} as const;

/** Shared memory as 32-bit integers, by index. Every operation is sequentially consistent. */
export interface PlainWords {
  load(at: number): number;
  store(at: number, value: number): void;
  /** Returns the value before, as the next three do. Sums wrap around at 32 bits. */
  add(at: number, value: number): number;
  or(at: number, bits: number): number;
  exchange(at: number, value: number): number;
  compareExchange(at: number, expected: number, value: number): number;
  /** Wakes up to `count` threads that sleep on a word. */
  notify(at: number, count: number): void;
}

/** The memory of one shared object whose words hold ids of threads. */
export interface Words extends PlainWords {
  /** Returns the status of a thread, by one load from the table of owners. */
  ownerStatus(owner: number): number;
}

/** The `count` of `notify` that wakes all sleepers. */
export const ALL = 0x7fffffff;

/** Results of machines. A machine that cannot fail ends with `OK`. */
export const Result = {
  OK: 0,
  /** The machine took the lock over from a dead thread. */
  RECOVERED: 1,
  /** A dead thread holds the lock, and the caller did not ask to recover it. */
  ABANDONED: 2,
  /** A lost thread holds the lock: its code may still run. */
  LOST: 3,
  /** The time was up, or the signal aborted. */
  GAVE_UP: 4,
  /** The barrier is broken. */
  BROKEN: 5,
  /** The ring is closed. */
  CLOSED: 6,
  /** There is no room. */
  FULL: 7,
  /** The memory holds what no machine has written. */
  CORRUPT: 8,
  /** The time for taking the lock again was up: the caller does not hold it. */
  NOT_LOCKED: 9,
} as const;

/** The state of a machine between two steps. It starts zeroed, apart from the arguments that its machine documents. */
export class Frame {
  /** Program counter: the next step. */
  pc = 0;
  /** In a machine that is made of others: the one that runs. */
  stage = 0;
  /** Id of the thread that runs the machine. */
  me = 0;
  /** The value that the machine read last. */
  seen = 0;
  /** Registers; each machine documents their use. */
  a = 0;
  b = 0;
  c = 0;
  d = 0;
  e = 0;
  /** Set by the runner: the machine gives up at its next wake-up. */
  giveUp = false;
  /** Set by the caller: the machine takes over a lock of a dead thread. */
  recover = false;
  /** The result, once the machine has ended. */
  result: number = 0;
  /** The words that the machine sleeps on: the word `on`, while it is `expected`. */
  where: PlainWords | undefined = undefined;
  on = 0;
  expected = 0;
}

/** A machine: runs its next step. */
export type Step = (words: Words, frame: Frame) => Outcome;

/** Continues the machine at step `pc`. */
export function jump(frame: Frame, pc: number): Outcome {
  frame.pc = pc;
  return CONTINUE;
}

/** Sleeps while word `on` is `expected`, then continues at step `pc`. */
export function sleep(words: PlainWords, frame: Frame, on: number, expected: number, pc: number): Outcome {
  frame.where = words;
  frame.on = on;
  frame.expected = expected;
  frame.pc = pc;
  return WAIT;
}

/** Ends the machine with a result. */
export function end(frame: Frame, result: number): Outcome {
  frame.result = result;
  frame.pc = 0;
  return DONE;
}

/** Continues the machine at step `pc` of another stage. */
export function enter(frame: Frame, stage: number, pc = 0): Outcome {
  frame.stage = stage;
  frame.pc = pc;
  return CONTINUE;
}
