/**
 * The parts of a program of the explorer: scripts, the memory that their machines run on, and ghosts: values that no
 * production code has, from which the checks tell right from wrong.
 *
 * @module
 */
import type { Frame, Outcome, PlainWords, Words } from "../../lib/shared/steps/step.ts";
import { FRAME_SIZE } from "./frames.ts";

/** One operation in the script of a thread: a state machine of lib/shared/steps, run to its end. */
export interface Op {
  /** Runs one step. */
  step(model: Model, frame: Frame): Outcome;
  /** Runs just before the first step, atomically with it. */
  begin?(world: World, frame: Frame): void;
  /** Runs atomically with the last step. Returns the index of the next operation, or -1 to end the script. */
  end?(world: World, frame: Frame): number | void;
  /** Whether the thread may run out of time here. */
  mayQuit?: boolean;
}

/** A program to explore. */
export interface Program {
  name: string;
  words: number;
  ghosts: number;
  /** Writes the first values of words. */
  init?: (words: Words) => void;
  scripts: Op[][];
  deaths?: number;
  quits?: number;
  /** How often a host marks a running thread as lost. */
  losses?: number;
  /** Checks an end: each thread has finished, sleeps, or is dead and marked so. */
  atEnd?: (world: World) => void;
  /** Whether a thread may sleep on a word that has changed, so that `maySleep` alone decides. */
  wordsMove?: boolean;
  /** Whether a thread may sleep at the end, on a word that has not changed. By default it may not. */
  maySleep?: (world: World, thread: number) => boolean;
}

/** The result of an exploration. */
export interface Found {
  states: number;
  ends: number;
  violation: string | undefined;
  trace: string[];
}

/** Values of STATUS. A dead thread is BURIED once the host has marked it as gone. */
export const RUNS = 0, SLEEPS = 1, FINISHED = 2, DEAD = 3, BURIED = 4;
/**
 * Words of each thread in a state. OWED: the thread will wake up once without a notification, as production threads do every
 * 50 ms; SLEPT: the stages in which it has slept, as bits.
 */
export const STATUS = 0, POSITION = 1, BEGUN = 2, OWED = 3, SLEPT = 4, FRAME = 5, THREAD = FRAME + FRAME_SIZE;

/** A check that failed. */
export class Violation extends Error {}

/** The memory, and the access of machines to it. */
export class Model {
  state: number[] = [];
  /** Whether the last step touched a shared word. */
  touched = false;
  /** The word that the last step notified, or -1, and for how many sleepers. */
  notified = -1;
  count = 0;
  readonly #statuses: number;
  readonly #at = new Map<number, Words>();

  constructor(words: number) {
    this.#statuses = words;
  }

  /** Returns the words from an index on, as the memory of one object. */
  at(base: number): Words {
    let words = this.#at.get(base);
    if (words === undefined) this.#at.set(base, words = this.#make(base));
    return words;
  }

  /** Returns the index at which words begin. */
  baseOf(words: PlainWords): number {
    for (const [base, known] of this.#at) if (known === words) return base;
    throw new Error("Unknown words");
  }

  #make(base: number): Words {
    const change = (at: number, to: (old: number) => number): number => {
      this.touched = true;
      const old = this.state[base + at];
      this.state[base + at] = to(old) | 0;
      return old;
    };
    return {
      load: (at) => change(at, (old) => old),
      store: (at, value) => void change(at, () => value),
      add: (at, value) => change(at, (old) => old + value),
      or: (at, bits) => change(at, (old) => old | bits),
      exchange: (at, value) => change(at, () => value),
      compareExchange: (at, expected, value) => change(at, (old) => old === expected ? value : old),
      notify: (at, count) => {
        this.touched = true;
        this.notified = base + at;
        this.count = count;
      },
      ownerStatus: (owner) => {
        this.touched = true;
        return this.state[this.#statuses + owner];
      },
    };
  }
}

/** The state that scripts read and write besides the shared words. */
export class World {
  /** Number of the thread whose operation begins or ends, from 1. */
  me = 0;

  constructor(readonly model: Model, readonly program: Program) {}

  ghost(at: number): number {
    return this.model.state[this.#ghosts + at];
  }

  setGhost(at: number, value: number): void {
    this.model.state[this.#ghosts + at] = value;
  }

  /** Whether a thread has died, marked as gone or not. */
  dead(thread: number): boolean {
    return this.model.state[this.#thread(thread) + STATUS] >= DEAD;
  }

  /** Whether a thread has died, and the host has marked it as gone. */
  gone(thread: number): boolean {
    return this.model.state[this.#thread(thread) + STATUS] === BURIED;
  }

  sleeps(thread: number): boolean {
    return this.model.state[this.#thread(thread) + STATUS] === SLEEPS;
  }

  /** Returns the index of the operation that a thread runs. */
  position(thread: number): number {
    return this.model.state[this.#thread(thread) + POSITION];
  }

  check(condition: boolean, message: string): void {
    if (!condition) throw new Violation(message);
  }

  get threads(): number {
    return this.program.scripts.length;
  }

  get #ghosts(): number {
    return this.program.words + this.threads + 1;
  }

  #thread(thread: number): number {
    return this.#ghosts + this.program.ghosts + 3 + (thread - 1) * THREAD;
  }
}
