/**
 * Tasks of the conformance tests for pools. One module, since a scoped pool replaces its workers for each new one.
 *
 * @module
 */
import { context } from "@isopool/isopool/worker";
import { type GateWords, Words } from "../../support/gate.ts";

export * from "../../fixtures/tasks/gated.ts";

/** Shared counters of an initializer, or of tasks on several workers. */
export type Words32 = Int32Array<SharedArrayBuffer>;

export function square(n: number): number {
  return n * n;
}

export function add(a: number, b: number): number {
  return a + b;
}

export function echo<T>(value: T): T {
  return value;
}

/** Quotient and remainder. */
export function divide(a: number, b: number): [quotient: number, remainder: number] {
  if (b === 0) throw new RangeError("division by zero");
  return [Math.floor(a / b), a % b];
}

/** Throws whatever it is given. */
export function raise(value: unknown): never {
  throw value;
}

/** Throws an error whose length is 0. */
export function raiseEmpty(message: string): never {
  throw Object.assign(new URIError(message), { length: 0 });
}

/** Throws whatever it is given, after its first item. */
export function* raiseLater(value: unknown): Generator<string> {
  yield "first";
  throw value;
}

/** Throws a `TimeoutError` of its own where `n` is 1. */
export function timeoutOnOne(n: number): number {
  if (n === 1) throw new DOMException("of the task", "TimeoutError");
  return n;
}

/** Throws an error whose message has `length` characters. */
export function raiseLarge(length: number): never {
  throw new URIError("x".repeat(length));
}

/** Counts its run in the word that the item names. */
export function count({ words, place }: { words: Words32; place: number }): number {
  Atomics.add(words, place, 1);
  return context.workerId;
}

/** Returns what cannot be copied. */
export function uncopyable(): () => number {
  return () => 42;
}

/** Whether this module is the main one of its isolate. */
export function isMain(): boolean {
  return import.meta.main;
}

/** Ends its worker. */
export function exit(code: number): never {
  Deno.exit(code);
}

/** Enters, and ends its worker once the gate is open. */
export async function exitAtGate(gate: GateWords): Promise<never> {
  Atomics.add(gate, Words.ENTERED, 1);
  while (Atomics.load(gate, Words.OPEN) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  Deno.exit(7);
}

/** Ends its worker, whatever it is given. */
export function exitWith(_data: unknown): never {
  Deno.exit(7);
}

/** Enters and holds where it is given a code below 0, else ends its worker. */
export async function holdOrExit(gate: GateWords, code: number): Promise<void> {
  Atomics.add(gate, Words.ENTERED, 1);
  while (Atomics.load(gate, Words.OPEN) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  if (code >= 0) Deno.exit(code);
  await new Promise(() => {});
}

/** An initializer that succeeds as often as `limit` says, and fails from then on. Counts in place 0. */
export function beginUntil(words: Words32, limit: number): void {
  if (Atomics.add(words, 0, 1) >= limit) throw new RangeError("no more workers");
}

/** An initializer that leaves a mark. */
export function leaveMark(mark: string): void {
  context.state.mark = mark;
}

/** The mark that the initializer left. */
export function mark(): unknown {
  return context.state.mark;
}

/** The worker that runs it. */
export function workerId(): number {
  return context.workerId;
}

/** Waits for `ms` milliseconds, then ends its worker, or returns `n`. */
export async function exitAfter({ ms, exits, n }: { ms: number; exits: boolean; n: number }): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  if (exits) Deno.exit(9);
  return n;
}
