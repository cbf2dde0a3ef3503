/**
 * Slips: shared memory in which small calls, and small texts that they return, lie beside the board.
 *
 * ```
 * units of 8 bytes   0              1                2         3 ...
 *                    shape | task   attempt | -      timeout   value, value, ...
 *
 * shape   how many values, whether they are an argument list, whether the call is limited, and the kind of each
 * value   number: a unit.   text of Latin letters: a byte for its length, a byte for each.   others: nothing
 * ```
 *
 * A number costs 10 ns on either side, where structured clone and a port take microseconds; a text about 100.
 *
 * Who reads a slip while its position is used again reads nonsense, and never more than the slip: whether it was the call
 * that was asked for, the board says afterwards.
 *
 * Memory ordering: plain accesses, ordered by the words of the board: written before the word that announces them, read
 * after it.
 *
 * @module
 */
import type { RunMessage } from "./messages.ts";

const UNITS = 12;
const FIRST = 3;
const BYTES = (UNITS - FIRST) * 8;
const MOST = 8;

// The shape: four bits for the count, a bit each for the flags, three for the kind of each value.
const COUNT = 15;
const SPREAD = 1 << 4;
const LIMITED = 1 << 5;
const KINDS = 6;
const Kind = { UNDEFINED: 0, NULL: 1, TRUE: 2, FALSE: 3, NUMBER: 4, TEXT: 5 } as const;

/** What a call is besides its arguments. */
export type Terms = Pick<RunMessage, "task" | "spread" | "timeout" | "limited" | "attempt">;

/** The slips of one board, seen from either side. */
export class Slips {
  /** The memory to hand to the other side. */
  readonly memory: SharedArrayBuffer;
  readonly #ints: Int32Array;
  readonly #units: Float64Array;
  readonly #bytes: Uint8Array;
  readonly #mask: number;

  /** @param capacity A power of two. */
  constructor(capacity: number, memory: SharedArrayBuffer = new SharedArrayBuffer(capacity * UNITS * 8)) {
    this.memory = memory;
    this.#ints = new Int32Array(memory);
    this.#units = new Float64Array(memory);
    this.#bytes = new Uint8Array(memory);
    this.#mask = capacity - 1;
  }

  /** Host: writes a call; `false` if it does not fit. */
  write(seq: number, terms: Terms, item: unknown): boolean {
    const start = (seq & this.#mask) * UNITS;
    let shape = 0;
    if (terms.spread) {
      const values = item as unknown[];
      const { length } = values;
      if (length > MOST) return false;
      let at = start + FIRST;
      for (let i = 0; i < length; i++) {
        const kind = this.#put(at, start + UNITS, values[i]);
        if (kind < 0) return false;
        at += this.#size(at, kind);
        shape |= kind << (KINDS + 3 * i);
      }
      shape |= length | SPREAD;
    } else {
      const kind = this.#put(start + FIRST, start + UNITS, item);
      if (kind < 0) return false;
      shape = 1 | kind << KINDS;
    }
    if (terms.limited) shape |= LIMITED;
    this.#ints[start * 2] = shape;
    this.#ints[start * 2 + 1] = terms.task;
    this.#ints[start * 2 + 2] = terms.attempt;
    this.#units[start + 2] = terms.timeout ?? -1;
    return true;
  }

  /** Worker: what a call is besides its arguments. */
  terms(seq: number): Terms {
    const start = (seq & this.#mask) * UNITS;
    const shape = this.#ints[start * 2];
    const timeout = this.#units[start + 2];
    return {
      task: this.#ints[start * 2 + 1],
      spread: (shape & SPREAD) !== 0,
      timeout: timeout < 0 ? undefined : timeout,
      limited: (shape & LIMITED) !== 0,
      attempt: this.#ints[start * 2 + 2],
    };
  }

  /** Worker: whether two calls differ in nothing but their arguments. */
  alike(seq: number, other: number): boolean {
    const a = (seq & this.#mask) * UNITS, b = (other & this.#mask) * UNITS;
    const ints = this.#ints;
    const flags = SPREAD | LIMITED;
    return ints[a * 2 + 1] === ints[b * 2 + 1] && ints[a * 2 + 2] === ints[b * 2 + 2] &&
      (ints[a * 2] & flags) === (ints[b * 2] & flags) && this.#units[a + 2] === this.#units[b + 2];
  }

  /** Worker: the argument of a call, or its argument list. */
  read(seq: number): unknown {
    const start = (seq & this.#mask) * UNITS;
    const shape = this.#ints[start * 2];
    if ((shape & SPREAD) === 0) return this.#get(start + FIRST, start + UNITS, (shape >> KINDS) & 7);
    const values: unknown[] = [];
    const count = Math.min(shape & COUNT, MOST);
    for (let i = 0, at = start + FIRST; i < count; i++) {
      const kind = (shape >> (KINDS + 3 * i)) & 7;
      values.push(this.#get(at, start + UNITS, kind));
      at = Math.min(at + this.#size(at, kind), start + UNITS - 1);
    }
    return values;
  }

  /** Worker: leaves a text; `false` if it does not fit. */
  leave(seq: number, text: string): boolean {
    const start = (seq & this.#mask) * UNITS;
    return this.#put(start + FIRST, start + UNITS, text) === Kind.TEXT;
  }

  /** Host: the text that was left. */
  text(seq: number): string {
    const start = (seq & this.#mask) * UNITS;
    return this.#get(start + FIRST, start + UNITS, Kind.TEXT) as string;
  }

  // How many units a value takes that is there.
  #size(at: number, kind: number): number {
    return kind === Kind.NUMBER ? 1 : kind === Kind.TEXT ? (this.#bytes[at * 8] + 8) >> 3 : 0;
  }

  // Gives the kind, or -1 if the value does not fit.
  #put(at: number, end: number, value: unknown): number {
    switch (typeof value) {
      case "number":
        if (at >= end) return -1;
        this.#units[at] = value;
        return Kind.NUMBER;
      case "string":
        return this.#putText(at * 8, Math.min(end * 8, at * 8 + BYTES), value);
      case "boolean":
        return value ? Kind.TRUE : Kind.FALSE;
      case "undefined":
        return Kind.UNDEFINED;
      default:
        return value === null ? Kind.NULL : -1;
    }
  }

  #putText(at: number, end: number, text: string): number {
    const { length } = text;
    if (at + 1 + length > end) return -1;
    const bytes = this.#bytes;
    bytes[at] = length;
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 255) return -1;
      bytes[at + 1 + i] = code;
    }
    return Kind.TEXT;
  }

  #get(at: number, end: number, kind: number): unknown {
    switch (kind) {
      case Kind.NUMBER:
        return this.#units[at];
      case Kind.TEXT: {
        const from = at * 8 + 1;
        const to = Math.min(from + this.#bytes[at * 8], end * 8);
        let text = "";
        for (let i = from; i < to; i++) text += String.fromCharCode(this.#bytes[i]);
        return text;
      }
      case Kind.TRUE:
        return true;
      case Kind.FALSE:
        return false;
      default:
        return kind === Kind.NULL ? null : undefined;
    }
  }
}
