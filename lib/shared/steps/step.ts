/**
 * Algorithms on shared memory, written as state machines of single atomic steps.
 *
 * ```
 *                 +--> lib/shared/run_*.ts       Atomics on a SharedArrayBuffer; sleeps
 *  steps/*.ts ----|
 *                 +--> tests/model/explorer.ts   an array; tries every order of steps, and a death at each
 * ```
 *
 * The same functions run in both places, so what the explorer proves is what runs. A step does **at most one** thing
 * that another thread can see: one operation of {@linkcode Words}, or going to sleep. Everything else it keeps is in its
 * {@linkcode Frame}: integers, so that the explorer can store and compare them.
 *
 * A step that returns `WAIT` sleeps until somebody notifies the word it names, if that word still holds what it
 * expects. It may be woken for no reason, and is, every 50 ms: a machine goes on by looking again. Who runs it may set
 * `quit` before it goes on: out of time. Then the machine gives up, in its own way: it may have been notified at the
 * same moment, and must not take that notification away from others.
 *
 * @module
 */

/** What a step says: call me again, put me to sleep, or finished. */
export const CONTINUE = 0;
/** Sleep while `frame.where` holds `frame.expected` at `frame.on`; then call again. */
export const WAIT = 1;
/** The machine has finished; `frame.result` says how. */
export const DONE = 2;

/** What a step returns. */
export type Outcome = typeof CONTINUE | typeof WAIT | typeof DONE;

/** What is known about a thread. */
export const OwnerStatus = {
  /** It has ended: nothing of it runs, or will. */
  GONE: 0,
  ALIVE: 1,
  /** It was given up, and may still run. */
  LOST: 2,
} as const;

/** Memory that threads share: integers, by index. Every operation is sequentially consistent. */
export interface PlainWords {
  load(at: number): number;
  store(at: number, value: number): void;
  /** Gives what was there before; so do the following. Sums wrap around at 32 bits. */
  add(at: number, value: number): number;
  or(at: number, bits: number): number;
  exchange(at: number, value: number): number;
  compareExchange(at: number, expected: number, value: number): number;
  /** Wakes up to `count` sleepers of a word. */
  notify(at: number, count: number): void;
}

/** The memory of one shared object, whose words name threads. */
export interface Words extends PlainWords {
  /** How a thread stands, from the table of owners: one load. */
  ownerStatus(owner: number): number;
}

/** For `notify`: everybody. */
export const ALL = 0x7fffffff;

/** How machines end. Those that cannot fail end with `OK`. */
export const Result = {
  OK: 0,
  /** Taken over from a dead thread. */
  RECOVERED: 1,
  /** Held by a thread that is dead, and recovering was not asked for. */
  ABANDONED: 2,
  /** Held by a thread that was given up and may still run. */
  LOST: 3,
  GAVE_UP: 4,
  BROKEN: 5,
  CLOSED: 6,
  FULL: 7,
} as const;

/** What a machine remembers from one step to the next. Starts zeroed, but for what its machine asks for. */
export class Frame {
  /** Where the machine is. */
  pc = 0;
  /** In a machine made of others: which one runs. */
  stage = 0;
  /** Id of the thread that runs it. */
  me = 0;
  /** What it last read. */
  seen = 0;
  /** Registers; each machine says what for. */
  a = 0;
  b = 0;
  c = 0;
  d = 0;
  e = 0;
  /** Set from outside: give up, if asleep. */
  quit = false;
  /** Take over what a dead thread held. */
  recover = false;
  /** How it ended. */
  result: number = 0;
  /** Where it sleeps. */
  where: PlainWords | undefined = undefined;
  on = 0;
  expected = 0;
}

/** Runs one step. */
export type Step = (words: Words, frame: Frame) => Outcome;

/** Goes to another place of the same machine. */
export function jump(frame: Frame, pc: number): Outcome {
  frame.pc = pc;
  return CONTINUE;
}

/** Sleeps, and goes on at `pc`. */
export function sleep(words: PlainWords, frame: Frame, on: number, expected: number, pc: number): Outcome {
  frame.where = words;
  frame.on = on;
  frame.expected = expected;
  frame.pc = pc;
  return WAIT;
}

/** Ends the machine. */
export function end(frame: Frame, result: number): Outcome {
  frame.result = result;
  frame.pc = 0;
  return DONE;
}

/** Ends one stage of a machine and begins another. */
export function enter(frame: Frame, stage: number, pc = 0): Outcome {
  frame.stage = stage;
  frame.pc = pc;
  return CONTINUE;
}
