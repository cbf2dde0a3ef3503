/**
 * Tasks that return shared objects, and that calculate with shared numbers. A part of tasks.ts.
 *
 * @module
 */
import type { Counter, SharedArray, Value, ValueType } from "@isopool/isopool";

export function echo<T>(value: T): T {
  return value;
}

export async function* each<T>(values: T[]): AsyncGenerator<T> {
  yield* values;
}

// The argument of the pool's initializer.
let given: { counter: Counter } | undefined;

export function begin(parts: { counter: Counter }): void {
  given = parts;
}

export function countGiven(): number {
  return given!.counter.add();
}

export function count(counter: Counter, times: number): void {
  for (let i = 0; i < times; i++) counter.add();
}

export function countEach({ counter }: { counter: Counter }): number {
  return counter.add();
}

/** Adds 1 `times` times, to a number of either type. */
export function addOnes(value: Value<"i32"> | Value<"f64">, times: number): void {
  for (let i = 0; i < times; i++) value.add(1);
}

export function addBig(value: Value<"i64">, times: number): void {
  for (let i = 0; i < times; i++) value.add(1n);
}

export function halves(value: Value<"f64">, times: number): void {
  for (let i = 0; i < times; i++) value.update((n) => n + 0.5);
}

export function toggle(value: Value<"bool">, times: number): void {
  for (let i = 0; i < times; i++) value.update((on) => !on);
}

export function addToElement(array: SharedArray<"i32">, index: number, times: number): void {
  for (let i = 0; i < times; i++) array.add(index, 1);
}

/** Writes one content into each value, of any type. */
export function writeAll(values: Value<ValueType>[], contents: (number | bigint | boolean)[]): void {
  values.forEach((value, i) => value.set(contents[i] as never));
}

/** Replaces the elements by their running sums, in place. */
export function accumulate(array: SharedArray<"i32">): number {
  for (let i = 1; i < array.length; i++) array.add(i, array.get(i - 1));
  return array.length;
}
