/**
 * Buffers and views go through a queue without the serializer. They must arrive as the serializer would have copied them,
 * except that a view arrives without the bytes of its buffer that it does not show.
 *
 * @module
 */
import { assertEquals, assertInstanceOf, assertNotStrictEquals, assertRejects } from "@std/assert";
import { Queue, WaitTimeoutError } from "@isopool/isopool";
import { test, within } from "../support/within.ts";

const bytes = Uint8Array.from({ length: 64 }, (_, i) => i * 5);

const values: (ArrayBuffer | ArrayBufferView)[] = [
  bytes.buffer,
  bytes,
  new Int8Array(bytes.buffer),
  new Uint8ClampedArray(bytes.buffer),
  new Int16Array(bytes.buffer),
  new Uint16Array(bytes.buffer),
  new Int32Array(bytes.buffer),
  new Uint32Array(bytes.buffer),
  new Float32Array([1.5, -0, NaN]),
  new Float64Array([1.5, -0, NaN]),
  new BigInt64Array(bytes.buffer),
  new BigUint64Array(bytes.buffer),
  new DataView(bytes.buffer),
  bytes.subarray(3, 9),
  new Uint16Array(bytes.buffer, 2, 4),
  new Uint8Array(0),
  new ArrayBuffer(0),
  new ArrayBuffer(4, { maxByteLength: 8 }),
  new Uint8Array(new ArrayBuffer(4, { maxByteLength: 8 })),
  new (class extends Uint8Array {})(3),
];

test("buffers and views of every kind arrive as structured clone would copy them, with their own bytes only", async () => {
  const queue = new Queue<ArrayBuffer | ArrayBufferView>();
  for (const value of values) {
    await queue.put(value);
    const got = await queue.get();
    const clone = structuredClone(value);
    assertEquals(got, clone);
    assertEquals(Object.getPrototypeOf(got), Object.getPrototypeOf(clone));
    assertNotStrictEquals(got, value);
    if (!ArrayBuffer.isView(got) || !ArrayBuffer.isView(clone)) continue;
    assertEquals([got.byteOffset, got.buffer.byteLength], [0, clone.byteLength]);
    assertInstanceOf(got.buffer, ArrayBuffer);
  }
  const detached = new Uint8Array(4);
  structuredClone(detached, { transfer: [detached.buffer] });
  await assertRejects(() => queue.put(detached), Error);
  await assertRejects(() => queue.put(detached.buffer), Error);
  assertEquals(queue.size, 0);
});

test("a change after put was called does not arrive, whether the put waits or not", async () => {
  const queue = new Queue<Uint8Array>({ maxSize: 1 });
  const source = new Uint8Array(100_000).fill(1);
  const puts: Promise<number>[] = [];
  for (let n = 1; n <= 4; n++) {
    source.fill(n);
    puts.push(queue.put(source));
  }
  source.fill(9);
  await assertRejects(() => queue.put(source, { timeout: 5 }), WaitTimeoutError);
  for (let n = 1; n <= 4; n++) {
    const got = await within(10_000, queue.get());
    assertEquals([got.length, got.every((byte) => byte === n)], [100_000, true]);
    got.fill(0);
  }
  await Promise.all(puts);
  assertEquals(source[0], 9);
});

test("later items change neither taken items nor those of waiting puts", async () => {
  // Short items go through scratch memory. A waiting put must have copied its item out of it.
  const make = (n: number) => [n + 0.5, `text ${n}`, { n }, Uint8Array.of(n, n), new Map([[n, Uint8Array.of(n)]])];
  const items = Array.from({ length: 20 }, (_, n) => make(n)).flat();
  const narrow = new Queue<unknown>({ maxSize: 1 });
  const puts = items.map((item) => narrow.put(item));
  const queue = new Queue<unknown>();
  const gets = items.map(() => queue.get());
  for (let n = 0; n < items.length; n++) await queue.put(await narrow.get());
  await Promise.all(puts);
  assertEquals(await Promise.all(gets), items);
  for (const item of items) await queue.put(item);
  const taken = items.map(() => queue.tryGet());
  assertEquals(taken, items.map((value) => ({ state: "ok", value })));
  for (const item of items) await queue.put(item);
  assertEquals(items.map(() => queue.getSync({ timeout: 10_000 })), items);
});
