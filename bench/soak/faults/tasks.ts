/**
 * The tasks of the fault harness. Each writes its number into a file when it starts, so that the file shows every start,
 * whatever becomes of its worker.
 *
 * @module
 */
import type { Queue } from "../../../mod.ts";
import { context } from "../../../workers/context.ts";

/** The file of the starts, and the number of the call. */
export type Mark = readonly [file: string, id: number];

const start = ([file, id]: Mark) => Deno.writeTextFileSync(file, `${id}\n`, { append: true });
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function spinFor(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;);
}

/** What a call with number `n` returns: a number, bytes or an object, so that values take every way back. */
export function valueOf(n: number): unknown {
  const hash = Math.imul(n ^ (n >>> 15), 0x2c1b3c6d) >>> 0;
  if (n % 3 === 0) return hash;
  if (n % 3 === 1) return { n, hash, text: `call ${n}`, list: [n, -n, null] };
  return new Uint8Array(64).fill(hash);
}

/** Returns its value, and writes nothing. */
export function value(n: number): number {
  return valueOf(3 * n) as number;
}

/** Works for `ms` milliseconds without a pause. */
export function compute(mark: Mark, n: number, ms: number): unknown {
  start(mark);
  spinFor(ms);
  return valueOf(n);
}

/** The same as an item of a map. */
export function computeItem([mark, n, ms]: readonly [Mark, number, number]): unknown {
  return compute(mark, n, ms);
}

/** Waits for `ms` milliseconds. */
export async function wait(mark: Mark, n: number, ms: number): Promise<unknown> {
  start(mark);
  await pause(ms);
  return valueOf(n);
}

/** Takes a value that its pool has shared. */
export function lookUp(mark: Mark, n: number, table: ReadonlyMap<number, unknown>): unknown {
  start(mark);
  return table.get(n);
}

/** Throws. */
export function fail(mark: Mark, n: number): never {
  start(mark);
  throw new RangeError(`failed ${n}`);
}

/** Fails at its first attempts. */
export async function flaky(mark: Mark, n: number, failures: number, dies: boolean): Promise<unknown> {
  start(mark);
  await pause(1);
  if (context.attempt > failures) return valueOf(n);
  if (dies) Deno.exit(3);
  throw new RangeError(`attempt ${context.attempt}`);
}

/** Yields the values from `n` on. */
export async function* items(mark: Mark, n: number, count: number): AsyncGenerator<unknown> {
  start(mark);
  for (let i = 0; i < count; i++) {
    if (i % 16 === 0) await pause(1);
    yield valueOf(n + i);
  }
}

/** Never ends, and never yields. */
export function spin(mark: Mark): never {
  start(mark);
  for (;;);
}

/** Never ends, and heeds no signal. */
export function never(mark: Mark): Promise<never> {
  start(mark);
  return new Promise(() => {});
}

/** Ends its worker. */
export function exit(mark: Mark): never {
  start(mark);
  Deno.exit(7);
}

/** Throws where nobody catches it. */
export function uncaught(mark: Mark): Promise<never> {
  start(mark);
  setTimeout(() => {
    throw new RangeError("uncaught");
  }, 1);
  return new Promise(() => {});
}

/** Takes all the memory that it may have. */
export function fillMemory(mark: Mark): never {
  start(mark);
  const held: unknown[] = [];
  for (;;) held.push(new Array(10_000).fill({}).map((_, n) => ({ n })));
}

/** Puts the numbers from `n` on into a queue. */
export async function produce(mark: Mark, n: number, count: number, queue: Queue<number>): Promise<number> {
  start(mark);
  for (let i = 0; i < count; i++) await queue.put(n + i);
  return count;
}

/** Takes numbers from a queue until it is closed, and returns them. */
export async function consume(mark: Mark, queue: Queue<number>): Promise<number[]> {
  start(mark);
  const taken: number[] = [];
  for await (const item of queue) taken.push(item);
  return taken;
}
