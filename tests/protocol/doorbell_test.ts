import { assert, assertEquals } from "@std/assert";
import { Worker } from "node:worker_threads";
import { Doorbell } from "../../lib/protocol/doorbell.ts";
import { within } from "../core/within.ts";

/** A wait that ends because of time must not be taken for one that ends because of a ring. */
const LONG = 10_000;

Deno.test("Bell: what was announced before the rest is not waited for, and a ring alone is no call", () => {
  const host = new Doorbell();
  const worker = new Doorbell(host.memory);
  assertEquals([worker.tail, worker.park(worker.tail, 0, 1)], [0, false]);
  host.publish(3);
  assertEquals([worker.park(0, 0, LONG), worker.tail], [true, 3]);
  host.publishPosted(5);
  assertEquals([worker.park(3, 0, LONG), worker.park(5, 0, 1)], [true, false]);
});

Deno.test("Bell: who has messages since its event loop turned does not block", () => {
  const host = new Doorbell();
  host.wake();
  assertEquals([host.park(0, 0, LONG), host.postCount], [false, 1]);
});

Deno.test("Bell: the tail goes round at 32 bits", () => {
  const host = new Doorbell();
  host.publish(2 ** 32 + 7);
  assertEquals(host.tail, 7);
  host.publish(2 ** 31);
  assertEquals([host.tail, (host.tail - (2 ** 31 - 1)) | 0], [-(2 ** 31), 1]);
});

Deno.test("Bell: who waits is told when the tail moves, and not of rings", async () => {
  const host = new Doorbell();
  const worker = new Doorbell(host.memory);
  const order: string[] = [];
  const moved = worker.published(0)!.then(() => order.push("moved"));
  host.wake();
  await new Promise((resolve) => setTimeout(resolve, 0));
  order.push("rung");
  host.publish(1);
  await within(LONG, moved);
  assertEquals([order, worker.published(0)], [["rung", "moved"], undefined]);
});

Deno.test("Bell: counts and times are told as differences, and nothing makes them negative", async () => {
  const worker = new Doorbell();
  const host = new Doorbell(worker.memory);
  const heard = host.reported()!;
  worker.report({ count: 2, ms: 1.5, ran: 3 });
  worker.report({ count: 1, ms: 0.25, ran: 0 });
  await within(LONG, heard);
  assertEquals([host.takeReport(), host.takeReport()], [{ count: 3, ms: 1.75, ran: 3 }, { count: 0, ms: 0, ran: 0 }]);
  // A worker that writes what it likes.
  new Int32Array(worker.memory).fill(-5);
  const { count, ms, ran } = host.takeReport();
  assert(count >= 0 && ms >= 0 && ran >= 0);
  // Forever waiting is ended.
  const last = host.reported()!;
  host.close();
  await within(LONG, last);
});

/** A worker that counts how far the tail has come, blocking or not, and answers each. */
async function follower(): Promise<void> {
  const { workerData, parentPort } = await import("node:worker_threads");
  const { Doorbell } = await import(workerData.url);
  const bell = new Doorbell(workerData.memory);
  // Waiting for a word keeps no event loop alive.
  const alive = setInterval(() => {}, 1_000);
  let seen = 0;
  for (let n = 0; seen < workerData.rounds;) {
    const { tail } = bell;
    if (tail !== seen) {
      seen = tail;
      bell.report({ count: 1, ms: 0, ran: 0 });
    } else if (n++ % 2 === 0) bell.park(tail, bell.postCount, 0.05);
    else await bell.published(tail);
  }
  clearInterval(alive);
  parentPort!.postMessage("done");
}

Deno.test("Doorbell: 20,000 calls one after another, each waited for in a way of its own: none is missed (bound: 60 s)", async () => {
  const host = new Doorbell();
  const rounds = 20_000;
  const source = `(${follower})()`;
  const worker = new Worker(source, {
    eval: true,
    workerData: { memory: host.memory, rounds, url: import.meta.resolve("../../lib/protocol/doorbell.ts") },
  });
  const done = new Promise((resolve) => worker.once("message", resolve));
  for (let n = 1; n <= rounds; n++) {
    host.publish(n);
    while (host.takeReport().count === 0) {
      const heard = host.reported();
      if (heard) await within(60_000, heard);
    }
  }
  await within(60_000, done);
  await worker.terminate();
});
