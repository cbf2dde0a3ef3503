import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { Json, PlainWriter } from "../../lib/core/plain.ts";

const write = (value: object): Json | undefined => new PlainWriter().write(value);

const leaf = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constantFrom<unknown>(null, undefined, -0, NaN, Infinity, 1n, "\ud800", "__proto__", "toJSON"),
);
const { value: anything } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 5 }, leaf, leaf, tie("list"), tie("object"), tie("other")),
  list: fc.array(tie("value"), { maxLength: 40 }),
  object: fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("__proto__", "0", "7", "length")), tie("value"), {
    noNullPrototype: true,
  }),
  other: fc.oneof(
    fc.date({ noInvalidDate: true }),
    fc.uint8Array(),
    tie("value").map((value) => new Map([[1, value]])),
    tie("value").map((value) => Object.assign([value], { extra: value })),
    // deno-lint-ignore no-sparse-arrays
    tie("value").map((value) => [value, , value]),
    tie("value").map((value) => ({ twice: value, again: [value] })),
  ),
}));

Deno.test("PlainWriter.write() gives what structured clone copies, or nothing", () => {
  let written = 0;
  fc.assert(
    fc.property(
      fc.oneof(fc.array(anything), fc.dictionary(fc.string(), anything, { noNullPrototype: true })),
      (value) => {
        const json = write(value);
        if (!json) return;
        written++;
        const [copy, clone] = [json.parse(), structuredClone(value)];
        assertEquals(copy, clone);
        assertEquals(Deno.inspect(copy, { depth: 20 }), Deno.inspect(clone, { depth: 20 }));
      },
    ),
    { numRuns: 2_000 },
  );
  assert(written > 100, `${written} of 2,000 were plain`);
});

class Mine {
  x = 1;
}
const own: Record<string, unknown> = {};
own.self = own;
const both = { x: 1 };
const date = new Date(5);
let deep: object = {};
for (let level = 0; level < 100; level++) deep = { deep };
const throwing = {
  get x() {
    throw new Error("no");
  },
};

const others: Record<string, object> = {
  "a symbol": [Symbol("s")],
  "a function": { fn: () => 1 },
  "an object with 300 dates": Array.from({ length: 300 }, (_, n) => new Date(n)),
  "what only looks like a date": Object.create(Date.prototype),
  "a date that is there twice": [date, date],
  "a map": new Map(),
  "a class": new Mine(),
  "a class of arrays": new class extends Array {}(),
  "an object without a prototype": Object.create(null),
  "an array with a hole": new Array(1),
  "an array with a property": Object.assign([1], { extra: 1 }),
  "a match": "abc".match(/b/)!,
  "a cycle": own,
  "an object that is there twice": [both, both],
  "a proxy": new Proxy({ x: 1 }, {}),
  "a proxy inside": [new Proxy([1], {})],
  "a proxy that was revoked": (({ proxy, revoke }) => (revoke(), proxy))(Proxy.revocable({}, {})),
  "a toJSON of its own": { x: 1, toJSON: () => 5 },
  "a getter that throws": throwing,
  "what is too deep": deep,
  "bytes": new Uint8Array(2),
  "what only looks like an array": Object.create(Array.prototype),
};
for (const [what, value] of Object.entries(others)) {
  Deno.test(`PlainWriter.write() refuses ${what}`, () => {
    assertEquals(write(value), undefined);
    assertEquals(write({ value }), undefined);
  });
}

Deno.test("PlainWriter.write() keeps undefined, dates, BigInts, -0, NaN and infinite numbers, at any place", () => {
  class Mine extends Date {
    note = 1;
  }
  const values = [undefined, new Date(5), new Date(NaN), new Date(-8.64e15), new Mine(7), 0n, -(2n ** 70n), -0, NaN];
  const all = { values: [...values, Infinity, -Infinity], deep: [[{ x: { y: [1, undefined] } }], -0], u: undefined };
  const json = write(all)!;
  assertEquals(json.hasNotes, true);
  const options = { depth: 10, iterableLimit: 100 };
  assertEquals(json.parse(), structuredClone(all));
  assertEquals(Deno.inspect(json.parse(), options), Deno.inspect(structuredClone(all), options));
  // A class of dates is a date after a clone, without its fields.
  assertEquals(Object.getPrototypeOf(write(new Mine(5))!.parse()), Date.prototype);
});

Deno.test("Json.parse() with forged notes changes nothing outside of the parsed value", () => {
  const forged = [
    [[["__proto__", "polluted"], "1n"]],
    [[["constructor", "prototype", "polluted"], "1n"]],
    [[["x", "constructor"], 5]],
    [[["missing"], 5]],
    [[["x", "y"], 5]],
    [[7, 7]],
    [7],
    7,
    [[[], {}]],
  ];
  for (const notes of forged) {
    for (const value of [{ x: {} }, { x: 5 }, [], null, "text"]) {
      const json = new Json(JSON.stringify([value, notes]), true);
      try {
        json.parse();
      } catch (error) {
        assert(error instanceof SyntaxError || error instanceof TypeError, String(error));
      }
    }
  }
  assertEquals("polluted" in {}, false);
});

Deno.test("PlainWriter.write() refuses everything while all objects have a toJSON", () => {
  Object.defineProperty(Object.prototype, "toJSON", { value: () => "mine", configurable: true });
  try {
    assertEquals(write({ x: 1 }), undefined);
  } finally {
    delete (Object.prototype as { toJSON?: unknown }).toJSON;
  }
  assertEquals(write({ x: 1 })?.text, '{"x":1}');
});

Deno.test("PlainWriter.write() reads a getter once, and writes that value", () => {
  let reads = 0;
  const value = {
    x: [{
      get n() {
        return ++reads;
      },
    }],
  }; // deno-fmt-ignore-line
  assertEquals(write(value)?.parse(), { x: [{ n: 1 }] });
  assertEquals(reads, 1);
});

Deno.test("PlainWriter.write() leaves out symbols, non-enumerable and inherited properties, as structured clone does", () => {
  const value = Object.defineProperty({ x: 1, [Symbol("s")]: 2 }, "hidden", { value: 3 });
  assertEquals(write(value)?.parse(), structuredClone(value));
});

Deno.test("PlainWriter.write() keeps an own property named __proto__", () => {
  const value = JSON.parse('{"__proto__":{"x":{"y":1}}}');
  const copy = write(value)!.parse() as object;
  assertEquals(Object.keys(copy), ["__proto__"]);
  assertStrictEquals(Object.getPrototypeOf(copy), Object.prototype);
  assertEquals(JSON.stringify(copy), JSON.stringify(value));
});

Deno.test("PlainWriter.write() refuses an object that it has written before", () => {
  const writer = new PlainWriter();
  const shared = { x: 1 };
  assertEquals(writer.write({ shared })?.text, '{"shared":{"x":1}}');
  assertEquals(writer.write([shared]), undefined);
});

Deno.test("PlainWriter.write() takes 1,000 objects, lists of 4,000 and strings of 64 KiB, and refuses more", () => {
  const list = (count: number) => Array.from({ length: count }, (_, n) => ({ n }));
  assertEquals((write(list(1000))!.parse() as unknown[]).length, 1000);
  assertEquals(write(list(1100)), undefined);
  assertEquals((write(Array.from({ length: 4_000 }, (_, n) => n))!.parse() as unknown[]).length, 4_000);
  assertEquals(write(Array.from({ length: 5_000 }, (_, n) => n)), undefined);
  assertEquals(write({ text: "x".repeat(65_536) })!.parse(), { text: "x".repeat(65_536) });
  for (const long of [{ text: "x".repeat(65_537) }, ["x".repeat(65_537)]]) assertEquals(write(long), undefined);
});

Deno.test("PlainWriter.write() refuses an array with as many extra properties as holes", () => {
  // deno-lint-ignore no-sparse-arrays
  for (const list of [[, 1], [1, ,], [, undefined], [undefined, , 3]]) {
    assertEquals(write(Object.assign(list, { extra: 1 })), undefined);
    assertEquals(new PlainWriter().copy(list), undefined);
  }
  assertEquals(write([undefined, 1])!.parse(), [undefined, 1]);
});

Deno.test("PlainWriter.copy() copies plain data of any size as structured clone does", () => {
  const large = {
    numbers: Array.from({ length: 20_000 }, (_, n) => n / 3),
    rows: Array.from(
      { length: 2_000 },
      (_, id) => ({ id, at: new Date(id), none: undefined, big: BigInt(id), zero: -0 }),
    ),
    text: "x".repeat(100_000),
  };
  const writer = new PlainWriter();
  assertEquals([writer.write(large), writer.tooLarge], [undefined, true]);
  const copy = new PlainWriter().copy(large) as typeof large;
  assertEquals(copy, structuredClone(large));
  assert(copy.rows[7] !== large.rows[7] && copy.rows[7].at !== large.rows[7].at && copy.numbers !== large.numbers);
  for (const [what, value] of Object.entries(others)) {
    const writer = new PlainWriter();
    assertEquals(writer.write(value), undefined, what);
    if (!writer.tooLarge) assertEquals(new PlainWriter().copy(value), undefined, what);
  }
  assertEquals(new PlainWriter().copy([{ deep }, large]), undefined, "too deep");
});
