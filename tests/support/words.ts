/**
 * Words that a test and its tasks share, on any backend: a SharedArrayBuffer for workers of this process, a mapped file for
 * other processes. A mapped array has one word more, its number, by which a task finds the file.
 *
 * `atomics` takes the place of `Atomics` in tasks: on a copy of a mapped array, it works on the mapping.
 *
 * @module
 */

/** Shared words. */
export type SharedWords = Int32Array<SharedArrayBuffer>;

/** In the upper half of the number of a mapped array. */
const TAG = 0x5a5a_0000;
const BYTES = 2 ** 20;

const mappings = new Map<number, Int32Array>();
let nextNumber: number | undefined;
// deno-lint-ignore no-explicit-any -- symbols of the C library
let libc: any;

/** Makes words that are 0. */
export function sharedWords(length: number): SharedWords {
  if (nextNumber === undefined) return new Int32Array(new SharedArrayBuffer(length * 4));
  const number = TAG | (nextNumber++ & 0xffff);
  Deno.createSync(pathOf(number)).close();
  Deno.truncateSync(pathOf(number), BYTES);
  const words = mapping(number).subarray(0, length + 1);
  words[length] = number;
  return words as unknown as SharedWords;
}

/** Makes {@linkcode sharedWords} map files from now on, so that they reach other processes. Linux only. */
export function mapWords(): void {
  openLibrary();
  nextNumber = crypto.getRandomValues(new Uint16Array(1))[0];
  globalThis.addEventListener("unload", () => {
    for (const number of mappings.keys()) Deno.removeSync(pathOf(number));
  });
}

/** Returns the shared words that an argument of a task stands for. */
export function attach<T extends Int32Array>(words: T): T {
  const number = words[words.length - 1];
  if (words.buffer instanceof SharedArrayBuffer || (number & 0xffff_0000) !== TAG) return words;
  return mapping(number).subarray(0, words.length - 1) as T;
}

/** `Atomics`, on what the words stand for. */
export const atomics = {
  load: (words: Int32Array, index: number): number => Atomics.load(attach(words), index),
  store: (words: Int32Array, index: number, value: number): number => Atomics.store(attach(words), index, value),
  add: (words: Int32Array, index: number, value: number): number => Atomics.add(attach(words), index, value),
  sub: (words: Int32Array, index: number, value: number): number => Atomics.sub(attach(words), index, value),
  compareExchange: (words: Int32Array, index: number, expected: number, value: number): number =>
    Atomics.compareExchange(attach(words), index, expected, value),
  notify: (words: Int32Array, index: number): number => Atomics.notify(attach(words), index),
  /** A mapping cannot wake anyone, so there the wait looks every millisecond. */
  wait(words: Int32Array, index: number, value: number, timeout = Infinity): "ok" | "not-equal" | "timed-out" {
    const shared = attach(words);
    if (shared.buffer instanceof SharedArrayBuffer) {
      return Atomics.wait(shared as Int32Array<SharedArrayBuffer>, index, value, timeout);
    }
    const idle = new Int32Array(new SharedArrayBuffer(4));
    for (const end = performance.now() + timeout; performance.now() < end;) {
      if (Atomics.load(shared, index) !== value) return "ok";
      Atomics.wait(idle, 0, 0, 1);
    }
    return "timed-out";
  },
};

const pathOf = (number: number): string => `/dev/shm/isopool-words-${number}`;

function openLibrary(): void {
  libc ??= Deno.dlopen("libc.so.6", {
    open: { parameters: ["buffer", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    mmap: { parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"], result: "pointer" },
  }).symbols;
}

function mapping(number: number): Int32Array {
  const known = mappings.get(number);
  if (known) return known;
  openLibrary();
  const [READ_WRITE, PROTECTION, SHARED] = [2, 3, 1];
  const file = libc.open(new TextEncoder().encode(`${pathOf(number)}\0`), READ_WRITE);
  const pointer = libc.mmap(null, BYTES, PROTECTION, SHARED, file, 0);
  libc.close(file);
  const words = new Int32Array(Deno.UnsafePointerView.getArrayBuffer(pointer, BYTES));
  mappings.set(number, words);
  return words;
}
