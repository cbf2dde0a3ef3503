import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { encodeValue, ValueRing } from "../../lib/protocol/value_ring.ts";

const put = (spool: ValueRing, value: unknown): number => spool.write(() => spool.put(value));

function get(spool: ValueRing, at: number): unknown {
  spool.seek(at);
  const value = spool.get();
  spool.free(spool.cursor);
  return value;
}

const bytes = (size: number) => new Uint8Array(size).map((_, i) => i * 37);
const values: unknown[] = [
  ...[0, -0, 1.5, NaN, Infinity, -7, 2 ** 53, 5e-324, true, false, null, undefined],
  ...[
    "",
    "text",
    "äöüÿ\0",
    "x".repeat(24),
    "y".repeat(25),
    "日本語",
    "a\u0100",
    "😀".repeat(100),
    "\ufefftext",
    "z".repeat(100_000),
    "z".repeat(1 << 20),
  ],
  ...[0n, -(2n ** 90n), new Date(5), new Date(NaN), { at: new Date(7), no: undefined, nan: [NaN, -0, 5n] }],
  ...[{}, [], { id: 1, name: "Ada", tags: ["ä", "😀", "\ud800"] }, [[[]]]],
  ...[
    new ArrayBuffer(0),
    bytes(1).buffer,
    bytes(9),
    bytes(1 << 20),
    new Float64Array([1, NaN]),
    new BigInt64Array([-1n]),
  ],
];

Deno.test("Spool: numbers, texts, plain data and bytes arrive exactly", () => {
  const writer = new ValueRing();
  const reader = new ValueRing(writer.memory);
  // Before the reader takes the first, so that each lies behind the one before.
  const places = values.map((value) => put(writer, encodeValue(value)));
  assert(places.every((place) => place > 0), String(places));
  for (const [i, value] of values.entries()) {
    const copy = get(reader, places[i]);
    assertEquals(copy, value);
    assert(typeof value === "object" || Object.is(copy, value));
    if (typeof value === "object" && value !== null) {
      assert(copy !== value);
      assertEquals(Object.getPrototypeOf(copy), Object.getPrototypeOf(value));
    }
  }
});

Deno.test("Spool: what it reads is its own, and does not change with the memory", () => {
  const spool = new ValueRing();
  const copy = get(spool, put(spool, bytes(100))) as Uint8Array;
  assert(copy.buffer instanceof ArrayBuffer);
  put(spool, bytes(100).reverse());
  assertEquals(copy, bytes(100));
});

const { port1, port2 } = new MessageChannel();
port1.close();
port2.close();
const refused = {
  "a lone surrogate": "\ud800",
  "a longer one": "x".repeat(30) + "\udfff",
  "a text of more than 1 MiB": "x".repeat((1 << 20) + 1),
  "one that is longer as UTF-8": "ä".repeat(600_000),
  "a symbol": Symbol("s"),
  "a function": () => 1,
  "bytes of more than 1 MiB": new Uint8Array((1 << 20) + 1),
  "a part of a buffer": bytes(9).subarray(1),
  "a view of data": new DataView(new ArrayBuffer(8)),
  "shared memory": new SharedArrayBuffer(8),
  "a view of it": new Uint8Array(new SharedArrayBuffer(8)),
  "bytes that grow": new Uint8Array(new ArrayBuffer(2, { maxByteLength: 8 })),
  "a class": new class Mine {}(),
  "a map": new Map(),
  "a port": port1,
};
for (const [what, value] of Object.entries(refused)) {
  Deno.test(`Spool refuses ${what}`, () => {
    const spool = new ValueRing();
    const folded = encodeValue(value);
    assert(folded === undefined || put(spool, folded) === -1);
    // And what comes next is as it should be.
    assertEquals(get(spool, put(spool, "next")), "next");
  });
}

Deno.test("Spool: full is full; what was read makes room; nothing is torn", () => {
  const spool = new ValueRing();
  const open: { place: number; mark: number }[] = [];
  let mark = 0, full = 0;
  for (let round = 0; round < 2_000; round++) {
    const size = 20_000 + (round * 7919) % 45_000;
    const place = put(spool, new Uint8Array(size).fill(++mark));
    if (place > 0) {
      open.push({ place, mark: mark & 255 });
      continue;
    }
    full++;
    assert(open.length * 65_000 > 4_000_000 / 2, `${open.length} filled it`);
    for (const { place, mark } of open.splice(0, 1 + round % open.length)) {
      assert((get(spool, place) as Uint8Array).every((byte) => byte === mark));
    }
  }
  assert(full > 20, String(full));
});

Deno.test("Spool: as soon as nothing is in use, records lie at the beginning again", () => {
  const spool = new ValueRing();
  const first = put(spool, bytes(1000));
  const second = put(spool, "text");
  assert(second > first);
  get(spool, first);
  get(spool, second);
  assertEquals(put(spool, 5), first);
});

Deno.test("Spool: random values in random turns come in order, whole", () => {
  const value = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.double(),
    fc.uint8Array({ maxLength: 5_000 }).map((bytes) => bytes.slice()),
    fc.dictionary(fc.string(), fc.integer(), { maxKeys: 5, noNullPrototype: true }),
    fc.constant("x".repeat(60_000)),
  );
  fc.assert(fc.property(fc.array(fc.oneof(value, value, fc.constant("READ")), { maxLength: 200 }), (steps) => {
    const writer = new ValueRing();
    const reader = new ValueRing(writer.memory);
    const sent: { place: number; value: unknown }[] = [];
    const read = () => {
      const next = sent.shift();
      if (next) assertEquals(get(reader, next.place), next.value);
    };
    for (const step of steps) {
      if (step === "READ") read();
      else {
        const place = put(writer, encodeValue(step));
        if (place > 0) sent.push({ place, value: step });
      }
    }
    while (sent.length > 0) read();
  }));
});

Deno.test("Spool: nonsense in the memory is read as some value or refused, never outside of the memory", () => {
  const spool = new ValueRing();
  put(spool, 1);
  const ints = new Int32Array(spool.memory);
  let noise = 1, thrown = 0;
  for (let round = 0; round < 3_000; round++) {
    for (let at = 0; at < 64; at++) {
      noise = Math.imul(noise ^ (noise >>> 13), 0x5bd1e995) + round | 0;
      ints[at] = noise % 3 === 0 ? noise & 15 : noise;
    }
    for (const at of [1, 2, 3, noise & 31, noise, -1, NaN, Infinity, (1 << 19) - 1, 1 << 19]) {
      spool.seek(at);
      try {
        const value = spool.get();
        assert(!ArrayBuffer.isView(value) || value.byteLength <= 1 << 20);
      } catch (error) {
        assert(error instanceof SyntaxError || error instanceof RangeError, String(error));
        thrown++;
      }
    }
    // A writer is not stopped by it, either.
    for (const value of [5, "text", bytes(60_000)]) put(spool, value);
  }
  assert(thrown > 0);
  // And a text that is no JSON.
  ints.fill(0);
  const place = put(spool, encodeValue({ x: 1 }));
  new Uint8Array(spool.memory)[(place + 1) * 8] = 0;
  assertThrows(() => get(spool, place), SyntaxError);
});
