/**
 * What a program of the explorer is made of: scripts, the memory that their machines run on, and the ghosts that they are
 * judged by.
 *
 * @module
 */
import type { Frame, Outcome, PlainWords, Words } from "../../lib/shared/steps/step.ts";

/** What a thread does: machines, one after another. */
export interface Op {
  /** Runs one step. */
  step(model: Model, frame: Frame): Outcome;
  /** Just before the first step, at one moment with it. */
  begin?(world: World, frame: Frame): void;
  /** At one moment with the last step. Gives the next place in the script, or -1 to end. */
  end?(world: World, frame: Frame): number | void;
  /** Whether the thread may run out of time here. */
  mayQuit?: boolean;
}

/** What is explored. */
export interface Program {
  name: string;
  words: number;
  ghosts: number;
  /** First values of words. */
  init?: (words: Words) => void;
  scripts: Op[][];
  deaths?: number;
  quits?: number;
  /** How often a thread is given up while it goes on. */
  losses?: number;
  /** Checks an end, where everybody has finished, is buried, or sleeps. */
  atEnd?: (world: World) => void;
  /** The word slept on may have changed rightly: `maySleep` alone decides. */
  wordsMove?: boolean;
  /** Whether a thread may sleep at the end, on a word that has not changed. By default it may not. */
  maySleep?: (world: World, thread: number) => boolean;
}

/** What was found. */
export interface Found {
  states: number;
  ends: number;
  violation: string | undefined;
  trace: string[];
}

export const RUNS = 0, SLEEPS = 1, FINISHED = 2, DEAD = 3, BURIED = 4;
// Of each thread, in the state.
// OWED: it will look again by itself; SLEPT: stages in which it was, as bits.
export const STATUS = 0, PLACE = 1, BEGUN = 2, OWED = 3, SLEPT = 4, FRAME = 5, THREAD = FRAME + 15;

/** What must hold does not. */
export class Violation extends Error {}

/** The memory, and what machines need to reach it. */
export class Model {
  state: number[] = [];
  touched = false;
  notified = -1;
  count = 0;
  readonly #standing: number;
  readonly #at = new Map<number, Words>();

  constructor(words: number) {
    this.#standing = words;
  }

  /** The words from an index on, as the memory of an object of its own. */
  at(base: number): Words {
    let words = this.#at.get(base);
    if (words === undefined) this.#at.set(base, words = this.#make(base));
    return words;
  }

  /** Where words begin. */
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
        return this.state[this.#standing + owner];
      },
    };
  }
}

/** What scripts may look at and change besides the shared words. */
export class World {
  /** Number of the thread whose op begins or ends, from 1. */
  me = 0;

  constructor(readonly model: Model, readonly program: Program) {}

  ghost(at: number): number {
    return this.model.state[this.#ghosts + at];
  }

  setGhost(at: number, value: number): void {
    this.model.state[this.#ghosts + at] = value;
  }

  /** Whether a thread has died, marked or not. */
  dead(thread: number): boolean {
    return this.model.state[this.#thread(thread) + STATUS] >= DEAD;
  }

  sleeps(thread: number): boolean {
    return this.model.state[this.#thread(thread) + STATUS] === SLEEPS;
  }

  place(thread: number): number {
    return this.model.state[this.#thread(thread) + PLACE];
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
