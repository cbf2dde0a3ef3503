/**
 * The ring with many producers and consumers, used by one thread and by many.
 *
 * @module
 */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { WaitTimeoutError } from "@isopool/isopool";
import { MpmcRing } from "../../lib/shared/mpmc_ring.ts";
import { test, until, within } from "../support/within.ts";
import { readRecord } from "./support/acts.ts";
import { Party } from "./support/party.ts";

const bytes = (length: number, fill = 7) => new Uint8Array(length).fill(fill);

Deno.test("records of every length come out as they went in, wherever the ring's end falls", () => {
  const ring = new MpmcRing(64);
  for (let round = 0; round < 5; round++) {
    for (let length = 0; length <= ring.maxRecord; length++) {
      assertEquals(ring.tryPut(bytes(length, length)), "ok");
      assertEquals(ring.tryTake(), { state: "ok", value: bytes(length, length) });
    }
  }
  assertEquals(ring.used, 0);
});

Deno.test("tryPut() reports a full ring, tryTake() an empty one; a closed ring still gives its records", () => {
  const ring = new MpmcRing(32);
  assertEquals(ring.tryTake(), { state: "empty" });
  assertEquals([ring.tryPut(bytes(12)), ring.tryPut(bytes(12)), ring.tryPut(bytes(0))], ["ok", "ok", "full"]);
  ring.close();
  assertEquals([ring.tryPut(bytes(0)), ring.tryTake().state, ring.tryTake().state], ["closed", "ok", "ok"]);
  assertEquals([ring.tryTake(), ring.takeSync({ timeout: 0 })], [{ state: "closed" }, undefined]);
});

Deno.test("a record that can never fit is refused", () => {
  const ring = new MpmcRing(32);
  assertThrows(() => ring.tryPut(bytes(29)), RangeError, "the record has 29 bytes: it takes up to 28");
  assertThrows(() => new MpmcRing(2), RangeError, "`bytes` is 2");
});

test("put() and take() end by room or a record, by timeout, and by close()", async () => {
  const ring = new MpmcRing(16);
  const taken = ring.take();
  assertEquals(await ring.put(bytes(12)), true);
  assertEquals(await taken, bytes(12));
  await assertRejects(() => ring.take({ timeout: 10 }), WaitTimeoutError);
  assertThrows(() => ring.takeSync({ timeout: 10 }), WaitTimeoutError);
  ring.tryPut(bytes(12));
  const waits = [ring.put(bytes(12)), ring.put(bytes(12))];
  await assertRejects(() => ring.put(bytes(1), { timeout: 10 }), WaitTimeoutError);
  ring.close();
  assertEquals(await within(1_000, Promise.all(waits)), [false, false]);
  assertEquals([await ring.take(), await ring.take()], [bytes(12), undefined]);
});

test("three producers and two consumers lose, double and tear nothing, and keep each producer's order", async () => {
  await using producers = await Party.several(3);
  await using consumers = await Party.several(2);
  const ring = new MpmcRing(1024);
  const count = 20_000;
  const drained = consumers.run("drain", ring.memory, 3);
  await Promise.all(producers.all.map((thread, i) => thread.run("produce", ring.memory, i, count)));
  ring.close();
  const [one, two] = await drained as number[][];
  assertEquals(one.map((n, i) => n + two[i]), [count, count, count]);
}, { deadline: 60_000 });

test("killed producers and consumers lose no record of other threads", async () => {
  await using steady = await Party.start();
  await using victims = await Party.several(3);
  const ring = new MpmcRing(512);
  const [producer, ...others] = victims.all;
  const last = [-1, -1];
  const count = 20_000;
  const producing = steady.run("produce", ring.memory, 0, count);
  producer.run("produce", ring.memory, 1, 1e9).catch(() => {});
  for (const thread of others) thread.run("drain", ring.memory, 2).catch(() => {});
  await until(() => ring.used > 0, "records are on their way");
  // Consumers first: each loses the record that it has taken, and no other.
  for (const thread of [...others, producer]) await thread.kill();
  let first = true;
  const end = producing.then(() => ring.close());
  for (let record = await ring.take(); record !== undefined; record = await ring.take()) {
    const [from, number] = readRecord(record);
    if (!first && from === 0) assertEquals(number, last[0] + 1);
    if (from === 0) first = false;
    last[from] = number;
  }
  await end;
  assertEquals(last[0], count - 1);
}, { deadline: 60_000 });
