/**
 * Tasks that write nonsense into the memory of a shared object, as any code with the object can.
 *
 * @module
 */
import { BRAND, type Shared } from "../../lib/shared/handle.ts";

/** What is written: random words at random places or at all, small numbers, or ids of living threads. */
export type Nonsense = "some" | "all" | "small" | "ids";

/** Returns random integers below a number. The same seed gives the same numbers. */
function randomOf(seed: number): (below: number) => number {
  let state = seed | 0;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * below);
  };
}

// All shared memory in a handle, apart from the table of the threads, which belongs to no single object.
function memoriesOf(part: unknown, name = ""): SharedArrayBuffer[] {
  if (part instanceof SharedArrayBuffer) return name === "owners" ? [] : [part];
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) => memoriesOf(value, key));
}

function write(memory: SharedArrayBuffer, nonsense: Nonsense, random: (below: number) => number): void {
  const words = new Int32Array(memory, 0, memory.byteLength >>> 2);
  // The first words are those that everything else depends on.
  const place = () => random(2) === 0 ? random(Math.min(32, words.length)) : random(words.length);
  const value = () => nonsense === "small" ? random(64) - 32 : random(2 ** 32) | 0;
  if (nonsense === "all") { for (let at = 0; at < words.length; at++) words[at] = value(); }
  else if (nonsense === "ids") { for (const at of [2, 3]) words[at] = 1 + random(3) << 1 | random(2); }
  else for (let count = words.length && 1 + random(40); count > 0; count--) words[place()] = value();
}

/** Writes once, then goes on for some milliseconds if `ms` is not 0. */
export function scribble(object: Shared, nonsense: Nonsense, seed: number, ms: number): void {
  const random = randomOf(seed);
  const memories = memoriesOf(object[BRAND]());
  const end = performance.now() + ms;
  do for (const memory of memories) write(memory, nonsense, random); while (performance.now() < end);
}

/** Writes one word of the control memory of a queue. */
export function corrupt(queue: Shared, word: number, value: number): void {
  const { control } = queue[BRAND]().memory as { control: SharedArrayBuffer };
  new Int32Array(control)[word] = value;
}
