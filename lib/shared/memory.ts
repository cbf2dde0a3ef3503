/**
 * The words of a shared object in production: `Atomics` on shared memory. The model's are in tests/model/explorer.ts.
 *
 * @module
 */
import type { Owners } from "./owners.ts";
import type { PlainWords, Words } from "./steps/step.ts";

/** 32-bit words of a `SharedArrayBuffer`, each operation sequentially consistent. */
export class Cells implements PlainWords {
  /** What to sleep on. */
  readonly cells: Int32Array<SharedArrayBuffer>;

  constructor(memory: SharedArrayBuffer, first = 0, count?: number) {
    this.cells = new Int32Array(memory, first * 4, count);
  }

  load(at: number): number {
    return Atomics.load(this.cells, at);
  }

  store(at: number, value: number): void {
    Atomics.store(this.cells, at, value);
  }

  add(at: number, value: number): number {
    return Atomics.add(this.cells, at, value);
  }

  or(at: number, bits: number): number {
    return Atomics.or(this.cells, at, bits);
  }

  exchange(at: number, value: number): number {
    return Atomics.exchange(this.cells, at, value);
  }

  compareExchange(at: number, expected: number, value: number): number {
    return Atomics.compareExchange(this.cells, at, expected, value);
  }

  notify(at: number, count: number): void {
    Atomics.notify(this.cells, at, count);
  }
}

/** The words of a shared object. */
export class SharedWords extends Cells implements Words {
  /** Who the owners are that these words name. */
  readonly owners: Owners;

  constructor(memory: SharedArrayBuffer, owners: Owners, first = 0, count?: number) {
    super(memory, first, count);
    this.owners = owners;
  }

  standing(owner: number): number {
    return this.owners.standing(owner);
  }
}

/** Memory for so many words. */
export function newMemory(words: number): SharedArrayBuffer {
  return new SharedArrayBuffer(words * 4);
}
