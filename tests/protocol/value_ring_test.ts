import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { encodeValue, ValueRing } from "../../lib/protocol/value_ring.ts";
import { rounds } from "../support/rounds.ts";

const put = (ring: ValueRing, value: unknown): number => ring.write(() => ring.put(value));

function get(ring: ValueRing, at: number): unknown {
  ring.seek(at);
  const value = ring.get();
  ring.free(ring.cursor);
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

Deno.test("ValueRing: numbers, texts, plain data and bytes arrive exactly", () => {
  const writer = new ValueRing();
  const reader = new ValueRing(writer.memory);
  // All before the first read, so that each lies behind the one before.
  const units = values.map((value) => put(writer, encodeValue(value)));
  assert(units.every((unit) => unit > 0), String(units));
  for (const [i, value] of values.entries()) {
    const copy = get(reader, units[i]);
    assertEquals(copy, value);
    assert(typeof value === "object" || Object.is(copy, value));
    if (typeof value === "object" && value !== null) {
      assert(copy !== value);
      assertEquals(Object.getPrototypeOf(copy), Object.getPrototypeOf(value));
    }
  }
});

Deno.test("ValueRing: a value that was read does not change with the memory", () => {
  const ring = new ValueRing();
  const copy = get(ring, put(ring, bytes(100))) as Uint8Array;
  assert(copy.buffer instanceof ArrayBuffer);
  put(ring, bytes(100).reverse());
  assertEquals(copy, bytes(100));
});

const { port1, port2 } = new MessageChannel();
port1.close();
port2.close();
const refused = {
  "a lone surrogate": "\ud800",
  "a lone surrogate in a longer text": "x".repeat(30) + "\udfff",
  "a text of more than 1 MiB": "x".repeat((1 << 20) + 1),
  "a text that is longer than 1 MiB as UTF-8": "ä".repeat(600_000),
  "a symbol": Symbol("s"),
  "a function": () => 1,
  "bytes of more than 1 MiB": new Uint8Array((1 << 20) + 1),
  "a DataView": new DataView(new ArrayBuffer(8)),
  "shared memory": new SharedArrayBuffer(8),
  "a view of shared memory": new Uint8Array(new SharedArrayBuffer(8)),
  "a view of a resizable buffer": new Uint8Array(new ArrayBuffer(2, { maxByteLength: 8 })),
  "an instance of a class": new class Mine {}(),
  "a map": new Map(),
  "a port": port1,
};
for (const [what, value] of Object.entries(refused)) {
  Deno.test(`ValueRing refuses ${what}`, () => {
    const ring = new ValueRing();
    const encoded = encodeValue(value);
    assert(encoded === undefined || put(ring, encoded) === -1);
    // The next value arrives unchanged.
    assertEquals(get(ring, put(ring, "next")), "next");
  });
}

Deno.test("ValueRing: a full ring refuses records until some are read, and no record is torn", () => {
  const ring = new ValueRing();
  const open: { unit: number; mark: number }[] = [];
  let mark = 0, full = 0;
  for (let round = 0; round < 2_000; round++) {
    const size = 20_000 + (round * 7919) % 45_000;
    const unit = put(ring, new Uint8Array(size).fill(++mark));
    if (unit > 0) {
      open.push({ unit, mark: mark & 255 });
      continue;
    }
    full++;
    assert(open.length * 65_000 > 4_000_000 / 2, `${open.length} filled it`);
    for (const { unit, mark } of open.splice(0, 1 + round % open.length)) {
      assert((get(ring, unit) as Uint8Array).every((byte) => byte === mark));
    }
  }
  assert(full > 20, String(full));
});

Deno.test("ValueRing: when no record is in use, the next one lies at the beginning again", () => {
  const ring = new ValueRing();
  const first = put(ring, bytes(1000));
  const second = put(ring, "text");
  assert(second > first);
  get(ring, first);
  get(ring, second);
  assertEquals(put(ring, 5), first);
});

Deno.test("ValueRing: random values, written and read in random turns, arrive in order and complete", () => {
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
    const sent: { unit: number; value: unknown }[] = [];
    const read = () => {
      const next = sent.shift();
      if (next) assertEquals(get(reader, next.unit), next.value);
    };
    for (const step of steps) {
      if (step === "READ") read();
      else {
        const unit = put(writer, encodeValue(step));
        if (unit > 0) sent.push({ unit, value: step });
      }
    }
    while (sent.length > 0) read();
  }));
});

Deno.test("ValueRing: reading random data gives some value or an error, and never reads outside of the memory", () => {
  const ring = new ValueRing();
  put(ring, 1);
  const ints = new Int32Array(ring.memory);
  let noise = 1, thrown = 0;
  for (let round = 0; round < rounds(300, 3_000); round++) {
    for (let at = 0; at < 64; at++) {
      noise = Math.imul(noise ^ (noise >>> 13), 0x5bd1e995) + round | 0;
      ints[at] = noise % 3 === 0 ? noise & 15 : noise;
    }
    for (const at of [1, 2, 3, noise & 31, noise, -1, NaN, Infinity, (1 << 19) - 1, 1 << 19]) {
      ring.seek(at);
      try {
        const value = ring.get();
        assert(!ArrayBuffer.isView(value) || value.byteLength <= 1 << 20);
      } catch (error) {
        assert(error instanceof SyntaxError || error instanceof RangeError, String(error));
        thrown++;
      }
    }
    // A writer goes on as well.
    for (const value of [5, "text", bytes(60_000)]) put(ring, value);
  }
  assert(thrown > 0);
  // A text that is no JSON.
  ints.fill(0);
  const unit = put(ring, encodeValue({ x: 1 }));
  new Uint8Array(ring.memory)[(unit + 1) * 8] = 0;
  assertThrows(() => get(ring, unit), SyntaxError);
});
