/**
 * The runtime's serializer as bytes, on which lib/queue/structured.ts relies.
 *
 * @module
 */
import { assertEquals, assertThrows } from "@std/assert";
import { fromBytes, toBytes } from "../../lib/queue/structured.ts";

const REVISIT = "queue messages that are no plain data need another way: lib/queue/structured.ts, lib/queue/README.md";

Deno.test("structured clone makes bytes, which can hold shared memory and can be read once", async () => {
  const memory = new SharedArrayBuffer(4);
  const bytes = toBytes({ memory, blob: new Blob(["x"]) });
  const got = fromBytes(bytes) as { memory: SharedArrayBuffer; blob: Blob };
  new Uint8Array(got.memory)[0] = 5;
  assertEquals([new Uint8Array(memory)[0], await got.blob.text()], [5, "x"], REVISIT);
  assertThrows(() => fromBytes(bytes), RangeError, undefined, REVISIT);
});

Deno.test("growable shared memory of 1 GiB costs nothing until it is used", () => {
  const before = Deno.memoryUsage().rss;
  const all = Array.from({ length: 100 }, () => new SharedArrayBuffer(0, { maxByteLength: 2 ** 30 }));
  const view = new Uint8Array(all[0]);
  all[0].grow(1 << 16);
  assertEquals([view.length, Deno.memoryUsage().rss - before < 64 << 20], [1 << 16, true], REVISIT);
});
