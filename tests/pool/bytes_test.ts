/** Large binary values: copied whole, shared, moved, and not much slower than a bare message. */
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { inline, Pool } from "@isopool/isopool";
import { values } from "../fixtures/views.ts";
import { MUST_HAPPEN, test, within } from "../support/within.ts";

const SIZE = 10_000_000;
const ROUNDS = 5;

/** Bytes without repetition: a lost, doubled or swapped part changes the value. */
function noise(size = SIZE): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  // What the browser's generator gives at once.
  for (let at = 0; at < size; at += 65_536) crypto.getRandomValues(bytes.subarray(at, Math.min(size, at + 65_536)));
  return bytes;
}

const echo = inline((bytes: Uint8Array<ArrayBuffer>) => bytes);
const digest = inline(async (bytes: Uint8Array<ArrayBuffer>) =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex()
);

async function sha(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

test("10 MB of bytes arrive at a worker and come back with their contents intact", async () => {
  await using pool = new Pool(1);
  const bytes = noise();
  const expected = await sha(bytes);
  assertEquals(await within(MUST_HAPPEN, pool.submit(digest, bytes)), expected, "what the worker saw");
  const back = await within(MUST_HAPPEN, pool.submit(echo, bytes));
  assert(back instanceof Uint8Array && back.buffer !== bytes.buffer, "a copy came back");
  assertEquals([back.length, await sha(back)], [SIZE, expected]);
  assertEquals([bytes.length, await sha(bytes)], [SIZE, expected], "the argument was copied, not moved");
});

test("several 10 MB arrays in one map stay apart and in order", async () => {
  await using pool = new Pool(2);
  const arrays = Array.from({ length: 4 }, () => noise());
  const digests = await within(MUST_HAPPEN, pool.map(digest, arrays));
  assertEquals(digests, await Promise.all(arrays.map(sha)));
});

test("a view of shared memory is shared: each side reads the writes of the other", async () => {
  await using pool = new Pool(1);
  const memory = new SharedArrayBuffer(SIZE);
  const view = new Uint8Array(memory, 16, SIZE - 16);
  view[0] = 3;
  const swap = inline((view: Uint8Array<SharedArrayBuffer>) => {
    const seen = view[0];
    view[view.length - 1] = seen + 1;
    return [seen, view.byteOffset, view.length, view.buffer];
  });
  const [seen, offset, length, buffer] = await within(MUST_HAPPEN, pool.submit(swap, view));
  assertEquals([seen, offset, length], [3, 16, SIZE - 16]);
  assertEquals(view.at(-1), 4, "the worker's write is here");
  // What came back is that memory again.
  new Uint8Array(buffer as SharedArrayBuffer)[16] = 9;
  assertEquals(view[0], 9);
});

test("transfer moves 10 MB: whole at the worker, empty here", async () => {
  await using pool = new Pool(1);
  const bytes = noise();
  const expected = await sha(bytes);
  const future = pool.submit(digest.with({ transfer: [bytes.buffer] }), bytes);
  assertEquals(await within(MUST_HAPPEN, future), expected);
  assertEquals([bytes.length, bytes.buffer.byteLength, bytes.buffer.detached], [0, 0, true]);
});

test("without transfer the buffer stays, and an equal call can use it again", async () => {
  await using pool = new Pool(1);
  const buffer = noise().buffer;
  for (let round = 0; round < 2; round++) {
    assertEquals(await within(MUST_HAPPEN, pool.submit(values.byteLength, buffer)), SIZE);
  }
  assertStrictEquals(buffer.detached, false);
});

/** Milliseconds for `bytes` to cross a bare channel of this thread and come back. */
async function bareRoundTrip(bytes: Uint8Array): Promise<number> {
  const { port1, port2 } = new MessageChannel();
  try {
    const { promise, resolve } = Promise.withResolvers<Uint8Array>();
    port2.onmessage = ({ data }) => port2.postMessage(data);
    port1.onmessage = ({ data }) => resolve(data);
    const start = performance.now();
    port1.postMessage(bytes);
    assertEquals((await promise).length, bytes.length);
    return performance.now() - start;
  } finally {
    port1.close();
    port2.close();
  }
}

// Node's on("message") looked at every element of what it received: 300 times the bare way.
test("10 MB through the pool take at most 20 times a bare message and back; generous, normal is 4", async () => {
  await using pool = new Pool(1);
  const bytes = noise();
  await within(MUST_HAPPEN, pool.submit(echo, bytes.subarray(0, 10)));
  // The best of each, taken in turns: what disturbs this machine disturbs both.
  let bare = Infinity;
  let pooled = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    bare = Math.min(bare, await within(MUST_HAPPEN, bareRoundTrip(bytes)));
    const start = performance.now();
    const back = await within(MUST_HAPPEN, pool.submit(echo, bytes));
    pooled = Math.min(pooled, performance.now() - start);
    assertEquals(back.length, SIZE);
  }
  assert(pooled < 20 * bare, `${pooled} ms through the pool, ${bare} ms through a bare channel`);
}, { deadline: 120_000 });
