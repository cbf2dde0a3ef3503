import { assert, assertEquals } from "@std/assert";
import { Worker } from "node:worker_threads";
import { Doorbell } from "../../lib/protocol/doorbell.ts";
import { within } from "../support/within.ts";

/** Milliseconds that are long enough to tell a wait that was woken from one that has timed out. */
const LONG = 10_000;

Deno.test("Doorbell: park() returns at once if a call is already published, and false if none comes in time", () => {
  const host = new Doorbell();
  const worker = new Doorbell(host.memory);
  assertEquals([worker.tail, worker.park(worker.tail, 0, 1)], [0, false]);
  host.publish(3);
  assertEquals([worker.park(0, 0, LONG), worker.tail], [true, 3]);
  host.publishPosted(5);
  assertEquals([worker.park(3, 0, LONG), worker.park(5, 0, 1)], [true, false]);
});

Deno.test("Doorbell: park() does not block while messages have come since the event loop turned", () => {
  const host = new Doorbell();
  host.wake();
  assertEquals([host.park(0, 0, LONG), host.postCount], [false, 1]);
});

Deno.test("Doorbell: the tail wraps around at 32 bits", () => {
  const host = new Doorbell();
  host.publish(2 ** 32 + 7);
  assertEquals(host.tail, 7);
  host.publish(2 ** 31);
  assertEquals([host.tail, (host.tail - (2 ** 31 - 1)) | 0], [-(2 ** 31), 1]);
});

Deno.test("Doorbell: published() resolves when the tail changes, and not at a message", async () => {
  const host = new Doorbell();
  const worker = new Doorbell(host.memory);
  const order: string[] = [];
  const published = worker.published(0)!.then(() => order.push("published"));
  host.wake();
  await new Promise((resolve) => setTimeout(resolve, 0));
  order.push("posted");
  host.publish(1);
  await within(LONG, published);
  assertEquals([order, worker.published(0)], [["posted", "published"], undefined]);
});

Deno.test("Doorbell: takeReport() returns differences, which no written number makes negative", async () => {
  const worker = new Doorbell();
  const host = new Doorbell(worker.memory);
  const reported = host.reported()!;
  worker.report({ count: 2, ms: 1.5, runTime: 3 });
  worker.report({ count: 1, ms: 0.25, runTime: 0 });
  await within(LONG, reported);
  assertEquals([host.takeReport(), host.takeReport()], [{ count: 3, ms: 1.75, runTime: 3 }, {
    count: 0,
    ms: 0,
    runTime: 0,
  }]);
  // A hostile worker writes into the memory.
  new Int32Array(worker.memory).fill(-5);
  const { count, ms, runTime } = host.takeReport();
  assert(count >= 0 && ms >= 0 && runTime >= 0);
  // close() ends a wait without a report.
  const last = host.reported()!;
  host.close();
  await within(LONG, last);
});

/** A worker that reports each change of the tail, and waits for it by blocking or with its event loop in turn. */
async function follower(): Promise<void> {
  const { workerData, parentPort } = await import("node:worker_threads");
  const { Doorbell } = await import(workerData.url);
  const doorbell = new Doorbell(workerData.memory);
  // A pending Atomics.waitAsync does not keep the event loop alive.
  const alive = setInterval(() => {}, 1_000);
  let seen = 0;
  for (let n = 0; seen < workerData.rounds;) {
    const { tail } = doorbell;
    if (tail !== seen) {
      seen = tail;
      doorbell.report({ count: 1, ms: 0, runTime: 0 });
    } else if (n++ % 2 === 0) doorbell.park(tail, doorbell.postCount, 0.05);
    else await doorbell.published(tail);
  }
  clearInterval(alive);
  parentPort!.postMessage("done");
}

Deno.test("Doorbell: 20,000 calls one after another, each waited for by park() or published(): none is missed (bound: 60 s)", async () => {
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
      const reported = host.reported();
      if (reported) await within(60_000, reported);
    }
  }
  await within(60_000, done);
  await worker.terminate();
});
