import { assert, assertEquals } from "@std/assert";
import { Worker } from "node:worker_threads";
import { Bell } from "../../lib/protocol/bell.ts";
import { within } from "../core/within.ts";

/** A wait that ends because of time must not be taken for one that ends because of a ring. */
const LONG = 10_000;

Deno.test("Bell: what was announced before the rest is not waited for, and a ring alone is no call", () => {
  const host = new Bell();
  const worker = new Bell(host.memory);
  assertEquals([worker.tail, worker.rest(worker.tail, 0, 1)], [0, false]);
  host.announce(3);
  assertEquals([worker.rest(0, 0, LONG), worker.tail], [true, 3]);
  host.pass(5);
  assertEquals([worker.rest(3, 0, LONG), worker.rest(5, 0, 1)], [true, false]);
});

Deno.test("Bell: who has messages since its event loop turned does not block", () => {
  const host = new Bell();
  host.ring();
  assertEquals([host.rest(0, 0, LONG), host.posts], [false, 1]);
});

Deno.test("Bell: the tail goes round at 32 bits", () => {
  const host = new Bell();
  host.announce(2 ** 32 + 7);
  assertEquals(host.tail, 7);
  host.announce(2 ** 31);
  assertEquals([host.tail, (host.tail - (2 ** 31 - 1)) | 0], [-(2 ** 31), 1]);
});

Deno.test("Bell: who waits is told when the tail moves, and not of rings", async () => {
  const host = new Bell();
  const worker = new Bell(host.memory);
  const order: string[] = [];
  const moved = worker.moved(0)!.then(() => order.push("moved"));
  host.ring();
  await new Promise((resolve) => setTimeout(resolve, 0));
  order.push("rung");
  host.announce(1);
  await within(LONG, moved);
  assertEquals([order, worker.moved(0)], [["rung", "moved"], undefined]);
});

Deno.test("Bell: counts and times are told as differences, and nothing makes them negative", async () => {
  const worker = new Bell();
  const host = new Bell(worker.memory);
  const heard = host.heard()!;
  worker.tell({ count: 2, ms: 1.5, ran: 3 });
  worker.tell({ count: 1, ms: 0.25, ran: 0 });
  await within(LONG, heard);
  assertEquals([host.take(), host.take()], [{ count: 3, ms: 1.75, ran: 3 }, { count: 0, ms: 0, ran: 0 }]);
  // A worker that writes what it likes.
  new Int32Array(worker.memory).fill(-5);
  const { count, ms, ran } = host.take();
  assert(count >= 0 && ms >= 0 && ran >= 0);
  // Forever waiting is ended.
  const last = host.heard()!;
  host.end();
  await within(LONG, last);
});

/** A worker that counts how far the tail has come, blocking or not, and answers each. */
async function follower(): Promise<void> {
  const { workerData, parentPort } = await import("node:worker_threads");
  const { Bell } = await import(workerData.url);
  const bell = new Bell(workerData.memory);
  // Waiting for a word keeps no event loop alive.
  const alive = setInterval(() => {}, 1_000);
  let seen = 0;
  for (let n = 0; seen < workerData.rounds;) {
    const { tail } = bell;
    if (tail !== seen) {
      seen = tail;
      bell.tell({ count: 1, ms: 0, ran: 0 });
    } else if (n++ % 2 === 0) bell.rest(tail, bell.posts, 0.05);
    else await bell.moved(tail);
  }
  clearInterval(alive);
  parentPort!.postMessage("done");
}

Deno.test("Bell: 20,000 calls one after another, each waited for in a way of its own: none is missed (bound: 60 s)", async () => {
  const host = new Bell();
  const rounds = 20_000;
  const source = `(${follower})()`;
  const worker = new Worker(source, {
    eval: true,
    workerData: { memory: host.memory, rounds, url: import.meta.resolve("../../lib/protocol/bell.ts") },
  });
  const done = new Promise((resolve) => worker.once("message", resolve));
  for (let n = 1; n <= rounds; n++) {
    host.announce(n);
    while (host.take().count === 0) {
      const heard = host.heard();
      if (heard) await within(60_000, heard);
    }
  }
  await within(60_000, done);
  await worker.terminate();
});
