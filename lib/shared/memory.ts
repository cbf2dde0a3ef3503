/**
 * The words of a shared object in production: `Atomics` on a `SharedArrayBuffer`. tests/model/world.ts has those of the model.
 *
 * @module
 */
import { corruptMemory } from "../core/corrupt_memory.ts";
import { Atomics } from "../core/platform.ts";
import { refusal, show } from "../core/validate.ts";
import type { Handle } from "./handle.ts";
import type { OwnerTable } from "./owner_table.ts";
import type { PlainWords, Words } from "./steps/step.ts";

/** 32-bit words of a `SharedArrayBuffer`. Each operation is sequentially consistent. */
export class AtomicWords implements PlainWords {
  /** The array that `Atomics.wait` and `Atomics.waitAsync` sleep on. */
  readonly array: Int32Array<SharedArrayBuffer>;

  constructor(memory: SharedArrayBuffer, first = 0, count?: number) {
    this.array = new Int32Array(memory, first * 4, count);
  }

  load(at: number): number {
    return Atomics.load(this.array, at);
  }

  store(at: number, value: number): void {
    Atomics.store(this.array, at, value);
  }

  add(at: number, value: number): number {
    return Atomics.add(this.array, at, value);
  }

  or(at: number, bits: number): number {
    return Atomics.or(this.array, at, bits);
  }

  exchange(at: number, value: number): number {
    return Atomics.exchange(this.array, at, value);
  }

  compareExchange(at: number, expected: number, value: number): number {
    return Atomics.compareExchange(this.array, at, expected, value);
  }

  notify(at: number, count: number): void {
    Atomics.notify(this.array, at, count);
  }
}

/** The words of a shared object whose words hold ids of threads. */
export class SharedWords extends AtomicWords implements Words {
  /** The table of these threads. */
  readonly owners: OwnerTable;

  constructor(memory: SharedArrayBuffer, owners: OwnerTable, first = 0, count?: number) {
    super(memory, first, count);
    this.owners = owners;
  }

  ownerStatus(owner: number): number {
    return this.owners.status(owner);
  }
}

/**
 * Returns the memory of a received object, and checks that it has `words` words.
 *
 * @throws {IsopoolError} If the handle has other memory: no code of this library makes such a handle.
 */
export function receivedMemory({ kind, memory }: Handle, words: number): SharedArrayBuffer {
  if (memory instanceof SharedArrayBuffer && memory.byteLength === words * 4) return memory;
  throw corruptMemory(`receive shared object ${show(kind)}`);
}

/** Throws for an argument of a constructor that takes none: it would mean something to its caller, and do nothing. */
export function noArgument(type: string, argument: unknown): void {
  if (argument === undefined) return;
  throw refusal(`Cannot create ${type}: it takes no argument, and the first is ${show(argument)}`);
}

/** Allocates `words` words, all zero. */
export function newMemory(words: number): SharedArrayBuffer {
  return new SharedArrayBuffer(words * 4);
}
