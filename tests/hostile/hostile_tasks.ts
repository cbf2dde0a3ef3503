/**
 * Tasks that attack their host. A task in a thread shares its isolate with the code that serves it: `workerData` holds
 * the worker's end of the port, the board and the brake.
 */
import { context } from "@isopool/isopool/worker";
import { MessageChannel, type MessagePort, workerData } from "node:worker_threads";
import { CAPACITY } from "../../lib/protocol/call_table.ts";
import type { WorkerInit } from "../../lib/protocol/worker_init.ts";
import { SEQ } from "./seq.ts";

const { port, callTable: board, doorbell: bell, killGuard: brake } = workerData as WorkerInit;
const words = new Int32Array(board.table, CAPACITY * 8, CAPACITY);
const cells = new Float64Array(board.table, 0, CAPACITY);

// deno-lint-ignore no-explicit-any -- any message at all
type Frame = any;

function numbered(frame: Frame): Frame {
  const at = Object.values(SEQ).indexOf(frame?.seq);
  return at < 0 ? frame : { ...frame, seq: context.taskId + [0, -1, 1][at] };
}

/** Posts frames as they are, then returns a list in a way that comes by message as well, and so after them. */
export function post(frames: Frame[], ...result: unknown[]): Set<unknown> {
  for (const frame of frames) port.postMessage(numbered(frame));
  return new Set(result);
}

/** Posts frames, then spins. */
export function postAndSpin(frames: Frame[]): never {
  for (const frame of frames) port.postMessage(numbered(frame));
  for (;;);
}

/** Posts the same frame very often. */
export function flood(frame: Frame, times: number): string {
  for (let i = 0; i < times; i++) port.postMessage(frame);
  return "flooded";
}

/** Posts an error record that is nested too deep to be made elsewhere and sent here. */
export function postChain(key: "cause" | "errors" | "fields", depth: number): Promise<never> {
  const record = (fields: object = {}): Frame => ({ classes: ["Error"], name: "n", message: "m", stack: "s", fields });
  let thrown: Frame = { error: record() };
  for (let level = 0; level < depth; level++) {
    const outer = record(key === "fields" ? { inner: thrown } : {});
    if (key === "cause") outer.cause = thrown;
    if (key === "errors") outer.errors = [thrown, thrown];
    thrown = { error: outer };
  }
  port.postMessage({ kind: "error", seq: context.taskId, thrown });
  return new Promise(() => {});
}

/** Posts an error record with arrays that are as long as they can be, and empty. */
export function postSparse(): Promise<never> {
  const endless: unknown[] = [];
  endless.length = 2 ** 32 - 1;
  const error = { classes: endless, name: "n", message: "m", stack: "s", errors: endless, fields: endless };
  port.postMessage({ kind: "error", seq: context.taskId, thrown: { error } });
  return new Promise(() => {});
}

/** Posts an error record that contains itself everywhere. */
export function postCycle(): Promise<never> {
  const record: Frame = { classes: ["AggregateError"], name: "n", message: "m", stack: "s", fields: {} };
  const thrown = { error: record };
  Object.assign(record, {
    cause: thrown,
    errors: [thrown, thrown],
    suppression: { error: thrown, suppressed: thrown },
  });
  record.fields.self = thrown;
  port.postMessage({ kind: "error", seq: context.taskId, thrown });
  return new Promise(() => {});
}

/** Posts an error record that carries fields of the most awkward names. */
export function postNames(classes: unknown[]): Promise<never> {
  const fields = JSON.parse(`{
    "__proto__": { "value": { "polluted": true } },
    "constructor": { "value": { "prototype": { "polluted": true } } },
    "then": { "value": { "call": 1 } },
    "toString": { "value": 1 }, "stack": { "value": 7 }, "message": { "value": 7 }, "ordinary": { "value": "kept" }
  }`);
  const error = { classes, name: { toString: 1 }, message: ["m"], stack: 7, fields };
  port.postMessage({ kind: "error", seq: context.taskId, thrown: { error } });
  return new Promise(() => {});
}

/** Returns what looks like a promise, as far as it can cross. */
export function returnThen(then: unknown): unknown {
  // Posted by hand: the worker itself would await what has a callable `then`.
  port.postMessage({ kind: "result", seq: context.taskId, value: { then, __proto__: { polluted: true } } });
  return new Promise(() => {});
}

/** Returns a value that is nested `depth` deep. */
export function returnDeep(depth: number): unknown {
  let value: unknown = 0;
  for (let level = 0; level < depth; level++) value = { value };
  return value;
}

/** Posts a result that carries a port. */
export function returnPort(): Promise<never> {
  const { port1, port2 } = new MessageChannel();
  port1.on("message", (message: unknown) => port1.postMessage(`heard ${message}`));
  (port as unknown as MessagePort).postMessage({ kind: "result", seq: context.taskId, value: port2 }, [port2]);
  return new Promise(() => {});
}

/** Writes a state onto every place of the board, or its own only, then returns, waits or spins. */
export function forge(state: number, lap: number, cell: number, where: "own" | "all", then: After): unknown {
  for (let at = 0; at < CAPACITY; at++) {
    if (where === "own" && at !== context.taskId % CAPACITY) continue;
    cells[at] = cell;
    Atomics.store(words, at, (lap << 4) | state);
  }
  return after(then);
}

/** Writes noise onto the spools and the bell for a while, ringing for the host, then returns. */
export function scribble(seed: number, then: After): unknown {
  const bells = new Int32Array(bell);
  const spools = [board.calls, board.results].map((memory) => new Int32Array(memory));
  for (let n = 0, noise = seed; n < 20_000; n++) {
    noise = Math.imul(noise ^ (noise >>> 13), 0x5bd1e995) + n | 0;
    // Their beginnings, where the records lie.
    for (const spool of spools) spool[(noise >>> 1) % Math.min(256, spool.length)] = noise;
    Atomics.store(bells, n % bells.length, noise);
    for (let at = 0; at < bells.length; at++) Atomics.notify(bells, at);
  }
  return after(then);
}

/** Writes a word of the brake. */
export function forgeBrake(word: number, value: number, then: After): unknown {
  Atomics.store(new Int32Array(brake), word, value);
  return after(then);
}

/** Closes the worker's end of the port. */
export async function closePort(then: After): Promise<unknown> {
  (port as unknown as MessagePort).close();
  await new Promise((resolve) => setTimeout(resolve, 5));
  return await after(then);
}

/** Makes the worker dumb: nothing that it posts arrives. */
export function muzzle(then: After): unknown {
  port.postMessage = () => {};
  return after(then);
}

/** Makes the worker deaf: nothing that the host posts is looked at. */
export function stopEars(then: After): unknown {
  port.onmessage = null;
  return after(then);
}

/** Breaks what the worker is written in. */
export function breakBuiltins(then: After): unknown {
  Promise.prototype.then = Map.prototype.get = Array.prototype.push = () => {
    throw new Error("broken");
  };
  return after(then);
}

interface Locks {
  query(): Promise<{ held: { name: string }[] }>;
  request(name: string, options: { steal: boolean }, held: () => void): Promise<void>;
}

/**
 * Takes every Web Lock away from whoever holds it, and spins when its worker has taken another: the lock is what lets a
 * thread be stopped. One that spins in between burns on, which no worker can help.
 */
export async function stealLocks(): Promise<never> {
  const { locks } = navigator as unknown as { locks: Locks };
  const names = async () => (await locks.query()).held.map(({ name }) => name);
  const stolen = await names();
  for (const name of stolen) void locks.request(name, { steal: true }, () => {}).catch(() => {});
  // A query alone would not turn the loop, on which the worker hears of its loss.
  for (let held = stolen; held.every((name) => stolen.includes(name)); held = await names()) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  for (;;);
}

/** What an attack does in the end. */
export type After = "return" | "never" | "timers" | "spin";

function after(then: After): unknown {
  if (then === "spin") { for (;;); }
  if (then === "timers") setInterval(() => {}, 10);
  return then === "return" ? "returned" : new Promise(() => {});
}
