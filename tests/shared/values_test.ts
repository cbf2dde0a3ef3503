/**
 * `Value`, `Counter`, `SharedArray`: types, ranges, and the results of the operations.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { Counter, Lock, SharedArray, Value, type ValueType } from "@isopool/isopool";

const RANGES: [ValueType, number | bigint, number | bigint][] = [
  ["i8", -128, 127],
  ["u8", 0, 255],
  ["i16", -32768, 32767],
  ["u16", 0, 65535],
  ["i32", -(2 ** 31), 2 ** 31 - 1],
  ["u32", 0, 2 ** 32 - 1],
  ["i64", -(2n ** 63n), 2n ** 63n - 1n],
  ["u64", 0n, 2n ** 64n - 1n],
];

// The type is not known to the compiler here.
// deno-lint-ignore no-explicit-any
const make = (type: ValueType, initial?: unknown): Value<any> => new Value(type as "f64", initial as number);

for (const [type, min, max] of RANGES) {
  Deno.test(`${type} holds its whole range, and refuses values and sums beyond it`, () => {
    const one = typeof min === "bigint" ? 1n : 1;
    const value = make(type);
    assertEquals(value.get(), typeof min === "bigint" ? 0n : 0);
    for (const bound of [min, max]) {
      value.set(bound);
      assertEquals(value.get(), bound);
    }
    assertThrows(() => value.add(one), RangeError, `it takes`);
    value.set(min);
    assertThrows(() => value.sub(one), RangeError, `the type is ${type}`);
    assertEquals(value.get(), min);
    const beyond = typeof max === "bigint" ? max + 1n : max + 1;
    assertThrows(() => value.set(beyond), RangeError, `Cannot set Value: \`value\` is`);
    assertThrows(() => value.exchange(beyond), RangeError);
    assertThrows(() => value.compareExchange(min, beyond), RangeError);
    assertThrows(() => value.update(() => beyond), RangeError);
    assertThrows(() => make(type, beyond), RangeError, "Cannot create Value");
    assertThrows(() => value.set(typeof min === "bigint" ? 1 : 1n), TypeError);
    assertEquals(value.get(), min);
  });
}

Deno.test("integers take no fractions and no NaN", () => {
  const value = new Value("i32", 5);
  for (const bad of [1.5, NaN, Infinity]) assertThrows(() => value.set(bad), RangeError);
  assertThrows(() => value.add(0.5), RangeError, "`the sum` is 5.5");
  assertThrows(() => value.set("1" as never), TypeError, '`value` is "1"');
  assertEquals(value.get(), 5);
});

Deno.test("changing operations return the value before; update returns the new value", () => {
  for (const type of ["i8", "u16", "i32", "f32", "f64"] as const) {
    const value = new Value(type, 1);
    const results = [value.add(2), value.sub(1), value.exchange(9), value.compareExchange(8, 1)];
    assertEquals([...results, value.compareExchange(9, 4), value.update((n) => n * 2)], [1, 3, 2, 9, 9, 8]);
    assertEquals(value.get(), 8);
  }
  const big = new Value("u64", 1n);
  assertEquals([big.add(2n), big.exchange(7n), big.compareExchange(7n, 8n), big.get()], [1n, 3n, 7n, 8n]);
});

Deno.test("floats are compared by their bits, and f32 rounds", () => {
  const value = new Value("f64", NaN);
  assertEquals(value.compareExchange(NaN, -0), NaN);
  assertEquals(value.compareExchange(0, 1), -0);
  assert(Object.is(value.get(), -0));
  const single = new Value("f32", 0.1);
  assertEquals(single.get(), Math.fround(0.1));
  assertEquals(single.compareExchange(0.1, 2), Math.fround(0.1));
  assertEquals(single.get(), 2);
});

Deno.test("a bool is true or false, and has no sum", () => {
  const value = new Value("bool");
  assertEquals([value.get(), value.exchange(true), value.compareExchange(true, false), value.update((v) => !v)], [
    false,
    false,
    true,
    true,
  ]);
  assertThrows(() => value.add(true), TypeError, "a bool has no sum");
  assertThrows(() => value.set(1 as never), TypeError, "true or false");
});

Deno.test("a value reads as itself in arithmetic, text and JSON", () => {
  const value = new Value("i32", 41);
  assertEquals(Number(value) + 1, 42);
  assertEquals(
    JSON.stringify({ a: value, b: new Value("i64", 7n), c: new Value("bool", true), d: new Counter(3) }),
    `{"a":41,"b":"7","c":true,"d":3}`,
  );
  assertEquals(Deno.inspect(value), "Value(i32, 41)");
  assertEquals([`${new Counter(3)}`, JSON.stringify([new Lock()])], ["Counter(3)", '["Lock(free)"]']);
});

Deno.test("an unknown type is refused by name", () => {
  assertThrows(() => make("i33" as never, 0), RangeError, '`type` is "i33": it takes "i8"');
  assertThrows(() => new SharedArray(undefined as never, 1), TypeError, "`type` is undefined");
});

Deno.test("a Counter counts in safe integers, and refuses others", () => {
  const counter = new Counter(2);
  assertEquals([counter.add(), counter.add(5), counter.sub(10), counter.get(), counter.exchange(0)], [2, 3, 8, -2, -2]);
  for (const bad of [0.5, NaN, 2 ** 53]) assertThrows(() => counter.add(bad), RangeError, "a safe integer");
  assertThrows(() => counter.add("1" as never), TypeError);
  counter.set(Number.MAX_SAFE_INTEGER);
  counter.add();
  assertThrows(() => counter.get(), RangeError, "9007199254740992n");
});

Deno.test("an array from a length is zero; an array from values holds them", () => {
  assertEquals([...new SharedArray("f32", 3)], [0, 0, 0]);
  assertEquals([...new SharedArray("bool", [true, false])], [true, false]);
  assertEquals([...new SharedArray("u64", new Set([1n, 2n]))], [1n, 2n]);
  assertEquals(new SharedArray("i8", 0).length, 0);
  assertThrows(() => new SharedArray("i8", [1, 200]), RangeError, "`value` is 200");
  assertThrows(() => new SharedArray("i8", -1), RangeError, "`length` is -1");
  assertThrows(() => new SharedArray("i8", "3" as never), TypeError, "a length, or elements");
});

Deno.test("an array's view, its methods and its slices are the same memory", () => {
  const array = new SharedArray("i16", [1, 2, 3, 4, 5]);
  const middle = array.slice(1, -1);
  const last = middle.slice(-1);
  assertEquals([[...middle], [...last]], [[2, 3, 4], [4]]);
  last.add(0, 10);
  array.view[1] = 20;
  assertEquals([[...middle], middle.view.length, array.get(3)], [[20, 3, 14], 3, 14]);
  assertEquals(middle.view.buffer, array.view.buffer);
  assertEquals([array.slice(4, 2).length, array.slice(9).length], [0, 0]);
  assertEquals(JSON.stringify(middle), "[20,3,14]");
});

Deno.test("an index out of range is refused", () => {
  const array = new SharedArray("i16", 2).slice(0, 1);
  for (const index of [-1, 1, 0.5, NaN]) {
    assertThrows(() => array.get(index), RangeError, "an integer from 0 to 0");
    assertThrows(() => array.add(index, 1), RangeError);
  }
});

Deno.test("elements support the operations of a Value", () => {
  const array = new SharedArray("f64", [1.5, 2]);
  const results = [array.add(0, 1), array.sub(0, 0.5), array.exchange(0, 3), array.compareExchange(0, 3, 4)];
  assertEquals([...results, array.update(0, (n) => n / 2), array.get(1)], [1.5, 2.5, 2, 3, 2, 2]);
});

Deno.test("Value: the property `value` of Python's, read, set or added to, is an error that names the methods; the value stays", () => {
  const value = new Value("i32", 4);
  const untyped = value as unknown as { value: number };
  for (const use of [() => untyped.value, () => untyped.value = 1, () => untyped.value += 1]) {
    assertThrows(use, TypeError, "use get() and set(), or add() for one atomic step");
  }
  assertEquals(value.get(), 4);
});
