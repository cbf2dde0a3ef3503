/**
 * Tasks that attack their host. A task in a thread shares its isolate with the code that serves it: `workerData` holds
 * the worker's end of the port, the call table, the doorbell and the kill guard.
 */
import { context } from "@isopool/isopool/worker";
import { MessageChannel, type MessagePort, workerData } from "node:worker_threads";
import { CAPACITY } from "../../lib/protocol/call_table.ts";
import type { WorkerInit } from "../../lib/protocol/worker_init.ts";
import { SEQ } from "./seq.ts";

const { port, callTable, doorbell, killGuard } = workerData as WorkerInit;
// The call table: CAPACITY results of 8 bytes, then the states.
const states = new Int32Array(callTable.table, CAPACITY * 8, CAPACITY);
const values = new Float64Array(callTable.table, 0, CAPACITY);

// deno-lint-ignore no-explicit-any -- any message at all
type Frame = any;

const OFFSETS: Record<string, number> = { [SEQ.own]: 0, [SEQ.before]: -1, [SEQ.after]: 1 };

function numbered(frame: Frame): Frame {
  const seq = frame?.seq;
  return typeof seq === "string" && Object.hasOwn(OFFSETS, seq)
    ? { ...frame, seq: context.taskId + OFFSETS[seq] }
    : frame;
}

/** Posts frames unchanged, then returns a set. It goes by message as well, and so arrives after them. */
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

/** Posts an error record that is nested too deep to be sent to this task as an argument. */
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

/** Posts an error record with empty arrays of the maximum length. */
export function postSparse(): Promise<never> {
  const endless: unknown[] = [];
  endless.length = 2 ** 32 - 1;
  const error = { classes: endless, name: "n", message: "m", stack: "s", errors: endless, fields: endless };
  port.postMessage({ kind: "error", seq: context.taskId, thrown: { error } });
  return new Promise(() => {});
}

/** Posts an error record that contains itself in every field. */
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

/** Posts an error record with fields called `__proto__`, `constructor`, `then` and the like. */
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

/** Answers with an object that has a field `then`. */
export function returnThen(then: unknown): unknown {
  // Posted by the task: the worker would await an object with a callable `then`.
  port.postMessage({ kind: "result", seq: context.taskId, value: { then, __proto__: { polluted: true } } });
  return new Promise(() => {});
}

/** Returns a value that is nested `depth` deep. */
export function returnDeep(depth: number): unknown {
  let value: unknown = 0;
  for (let level = 0; level < depth; level++) value = { value };
  return value;
}

/** Answers with a port. */
export function returnPort(): Promise<never> {
  const { port1, port2 } = new MessageChannel();
  port1.on("message", (message: unknown) => port1.postMessage(`received ${message}`));
  (port as unknown as MessagePort).postMessage({ kind: "result", seq: context.taskId, value: port2 }, [port2]);
  return new Promise(() => {});
}

/** Writes a state into every slot of the call table, or into its own slot, then returns, waits or spins. */
export function forge(state: number, generation: number, value: number, where: "own" | "all", then: After): unknown {
  for (let at = 0; at < CAPACITY; at++) {
    if (where === "own" && at !== context.taskId % CAPACITY) continue;
    values[at] = value;
    Atomics.store(states, at, (generation << 4) | state);
  }
  return after(then);
}

/** Writes random data into the ring buffers and the doorbell for a while, and wakes the host each time. */
export function scribble(seed: number, then: After): unknown {
  const words = new Int32Array(doorbell);
  const rings = [callTable.calls, callTable.results].map((memory) => new Int32Array(memory));
  for (let n = 0, noise = seed; n < 20_000; n++) {
    noise = Math.imul(noise ^ (noise >>> 13), 0x5bd1e995) + n | 0;
    // The beginning of each ring, where the records lie.
    for (const ring of rings) ring[(noise >>> 1) % Math.min(256, ring.length)] = noise;
    Atomics.store(words, n % words.length, noise);
    for (let at = 0; at < words.length; at++) Atomics.notify(words, at);
  }
  return after(then);
}

/** Writes a word of the kill guard. */
export function forgeKillGuard(word: number, value: number, then: After): unknown {
  Atomics.store(new Int32Array(killGuard), word, value);
  return after(then);
}

/** Closes the worker's end of the port. */
export async function closePort(then: After): Promise<unknown> {
  (port as unknown as MessagePort).close();
  await new Promise((resolve) => setTimeout(resolve, 5));
  return await after(then);
}

/** Disables posting: no message of the worker arrives any more. */
export function disablePosting(then: After): unknown {
  port.postMessage = () => {};
  return after(then);
}

/** Disables receiving: the worker ignores all messages of the host. */
export function disableReceiving(then: After): unknown {
  port.onmessage = null;
  return after(then);
}

/** Replaces builtin methods that the worker's code uses by ones that throw. */
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
 * Steals every Web Lock, and spins as soon as its worker has taken another. A thread can be stopped only while it holds
 * a lock, so a task that spun before that would run on, and no worker could prevent it.
 */
export async function stealLocks(): Promise<never> {
  const { locks } = navigator as unknown as { locks: Locks };
  const names = async () => (await locks.query()).held.map(({ name }) => name);
  const stolen = await names();
  for (const name of stolen) void locks.request(name, { steal: true }, () => {}).catch(() => {});
  // A query alone does not turn the event loop, in which the worker learns of its loss.
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
