/**
 * The test records every kind of message that a worker sends, distorts the messages at random, and lets a task post
 * them to its host. The host throws nothing, and the pool works on. A failure prints the seed and the smallest failing
 * frames.
 */
import { assert, assertEquals } from "@std/assert";
import { Pool } from "@isopool/isopool";
import fc from "fast-check";
import { MessageChannel, Worker } from "node:worker_threads";
import { Terminal } from "../../lib/core/terminal.ts";
import { Doorbell } from "../../lib/protocol/doorbell.ts";
import { CallTable, State } from "../../lib/protocol/call_table.ts";
import { KillGuard } from "../../lib/protocol/kill_guard.ts";
import { decodeThrown } from "../../lib/protocol/error_decoder.ts";
import type { HostMessage, Port, RunMessage } from "../../lib/protocol/messages.ts";
import type { WorkerInit } from "../../lib/protocol/worker_init.ts";
import { OwnerTable } from "../../lib/shared/owner_table.ts";
import { threadEntry } from "../../lib/transport/entry.ts";
import { MUST_HAPPEN, test, until, within } from "../support/within.ts";
import { hostile, unharmed } from "./hostile.ts";
import { SEQ } from "./seq.ts";
import { rounds } from "../support/rounds.ts";

// deno-lint-ignore no-explicit-any -- any message at all
type Frame = any;

const KINDS = ["initializing", "ready", "item", "progress", "cancel-received", "result", "error", "report", "failed"];
const RUNS = rounds(50, 150);

/** Starts a worker without a pool, makes it post messages of every kind, and records them. */
async function record(): Promise<Frame[]> {
  const url = import.meta.resolve("./recorded_tasks.ts");
  const frames: Frame[] = [];
  const { port1, port2 } = new MessageChannel();
  const table = new CallTable();
  const hook = (name: string) => ({ source: { url, name }, args: [1], handles: false });
  const workerData: WorkerInit = {
    workerId: 1,
    depth: 1,
    threads: 1,
    owner: { memory: OwnerTable.local().memory, id: OwnerTable.local().register() },
    initializer: hook("quick"),
    finalizer: hook("fail"),
    hooksHaveLimit: false,
    concurrency: 1,
    memoryLimit: undefined,
    recycleAt: undefined,
    callTable: table.memory,
    doorbell: new Doorbell().memory,
    killGuard: new KillGuard().memory,
    terminal: Terminal.newClient(),
    port: port2 as unknown as Port,
  };
  port1.on("message", (frame: Frame) => frames.push(frame));
  const closed = new Promise<void>((resolve) => port1.on("close", resolve));
  const worker = new Worker(threadEntry(), { workerData, transferList: [port2] });
  const exited = new Promise((resolve) => worker.on("exit", resolve));
  const post = (message: HostMessage) => port1.postMessage(message);
  const posted = (kind: string, count = 1) =>
    until(() => frames.filter((frame) => frame.kind === kind).length >= count, `it posts ${kind}`);
  const run = (task: number, first: number): RunMessage => {
    table.openPosted(first);
    const items = [[first]];
    return {
      kind: "run",
      task,
      first,
      items,
      spread: true,
      timeout: undefined,
      hasLimit: false,
      attempt: 1,
      timed: false,
      traceparent: undefined,
      stream: 0,
      shared: false,
      handles: false,
    };
  };
  await posted("ready");
  for (const [id, name] of ["talk", "quick", "fail"].entries()) post({ kind: "task", id, source: { url, name } });
  post(run(0, 0));
  await posted("progress");
  post({ kind: "cancel", seq: 0, reason: { value: 1 } });
  await posted("result");
  post(run(1, 1));
  await until(() => table.state(1) === State.NUMBER, "the number is in the call table");
  post(run(2, 2));
  await posted("error");
  post({ kind: "leave", finalize: true });
  await within(MUST_HAPPEN, Promise.all([closed, exited]));
  port1.close();
  return frames;
}

const junk = fc.oneof(
  fc.constantFrom<unknown>(NaN, -1, -0, 0.5, Infinity, 1e300, 2 ** 53, 2n ** 70n, undefined, null, "", "7", true),
  fc.constantFrom<unknown>({}, [], [[]], new Map([[1, 2]]), new Date(NaN), new Uint8Array(3), new Error("e"), /x/),
  fc.constantFrom<unknown>(SEQ.own, SEQ.before, SEQ.after, ...KINDS, "__proto__", "constructor", "then"),
  fc.jsonValue(),
);

const NAMES = ["__proto__", "constructor", "then", "kind", "seq", "value", "error", "cause", "errors", "fields"];

/** One change of a frame, at one of its properties on any level. */
const distortion = fc.record({
  place: fc.nat(),
  how: fc.constantFrom("replace", "remove", "add", "nest", "repeat"),
  name: fc.constantFrom(...NAMES),
  by: junk,
});

function properties(frame: Frame, found: [Frame, string][] = []): [Frame, string][] {
  if (typeof frame !== "object" || frame === null || found.length > 200 || ArrayBuffer.isView(frame)) return found;
  for (const key of Object.keys(frame)) {
    found.push([frame, key]);
    properties(frame[key], found);
  }
  return found;
}

function distort(
  frame: Frame,
  { place, how, name, by }: { place: number; how: string; name: string; by: unknown },
): void {
  const all = properties(frame);
  if (all.length === 0) return;
  const [owner, key] = all[place % all.length];
  const put = (at: string, value: unknown) =>
    Object.defineProperty(owner, at, {
      value: structuredClone(value),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  if (how === "replace") put(key, by);
  else if (how === "remove") delete owner[key];
  else if (how === "add") put(name, by);
  else if (how === "nest") put(key, { value: owner[key], error: { error: owner[key] } });
  else put(key, Array(3).fill(owner[key]));
}

test("a worker posts messages of every kind", async () => {
  const kinds = new Set((await record()).map(({ kind }) => kind));
  assertEquals([...kinds].sort(), [...KINDS].sort());
});

test(`${RUNS} times distorted messages of a worker: the host throws nothing, the pool works on`, async () => {
  const frames = await record();
  await using pool = new Pool({ workers: 1, killGrace: 20 });
  const distorted = fc.record({
    which: fc.nat(frames.length - 1),
    own: fc.boolean(),
    distortions: fc.array(distortion, { maxLength: 4 }),
  }).map(({ which, own, distortions }) => {
    const frame = structuredClone(frames[which]);
    if (own && "seq" in frame) frame.seq = SEQ.own;
    for (const each of distortions) distort(frame, each);
    return frame;
  });
  await fc.assert(
    fc.asyncProperty(fc.array(distorted, { minLength: 1, maxLength: 12 }), async (posted) => {
      const progress: unknown[] = [];
      const attack = hostile.post.with({
        onEmit: () => {},
        onProgress: (done, total) => progress.push([done, total]),
        timeout: 5_000,
      });
      await within(MUST_HAPPEN, pool.submit(attack, posted).then(() => {}, () => {}), "the call that posts");
      for (const [done, total] of progress as [number, number | undefined][]) {
        assert(done >= 0 && (total === undefined || total >= 0), `progress ${done} of ${total}`);
      }
      await unharmed(pool);
    }),
    { numRuns: RUNS },
  );
}, { deadline: 120_000 });

test("distorted error records decode to an error or to plain data, whatever they are", async () => {
  const thrown = (await record()).filter(({ kind }) => kind === "error" || kind === "failed").map((frame) =>
    frame.thrown
  );
  fc.assert(
    fc.property(fc.nat(thrown.length - 1), fc.array(distortion, { maxLength: 6 }), (which, distortions) => {
      const record = structuredClone({ thrown: thrown[which] });
      for (const each of distortions) distort(record, each);
      const decoded = decodeThrown(structuredClone(record).thrown);
      assert(typeof decoded !== "function");
      if (Error.isError(decoded)) assertEquals([typeof decoded.message, typeof decoded.stack], ["string", "string"]);
    }),
    { numRuns: 2_000 },
  );
});
