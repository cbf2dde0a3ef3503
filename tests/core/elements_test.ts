import { assert, assertEquals } from "@std/assert";
import { forEachElement, isDense } from "../../lib/core/elements.ts";

function sparse(length: number, elements: Record<number, unknown>): unknown[] {
  const list: unknown[] = [];
  list.length = length;
  return Object.assign(list, elements);
}

function elementsOf(list: unknown[]): [unknown, number][] {
  const found: [unknown, number][] = [];
  forEachElement(list, (element, index) => found.push([element, index]));
  return found;
}

Deno.test("forEachElement() visits each element once and in order, as forEach() does, with and without holes", () => {
  const lists = [
    [],
    [1, undefined, null],
    [1, , 3],
    sparse(5000, { 0: "a", 1023: "b", 1024: undefined, 1025: "c", 4999: "d" }),
    Object.assign(sparse(3000, { 2999: 1 }), { note: 2, 4294967295: 3, "-1": 4, "01": 5 }),
    Array.from({ length: 3000 }, (_, i) => i % 2 === 0 ? undefined : i),
  ];
  for (const list of lists) {
    const expected: [unknown, number][] = [];
    list.forEach((element, index) => expected.push([element, index]));
    assertEquals(elementsOf(list), expected);
  }
});

Deno.test("forEachElement() and isDense() take less than a second for a list of length 2^32 - 1", () => {
  const list = sparse(2 ** 32 - 1, { 5: "five", 4294967294: "last" });
  const start = performance.now();
  assertEquals([elementsOf(list), isDense(list)], [[["five", 5], ["last", 4294967294]], false]);
  assert(performance.now() - start < 1000);
});

Deno.test("isDense() is true for arrays without holes only", () => {
  const values = [[], [1, undefined], new Array(3).fill(0), [1, , 2], new Array(2), { length: 0 }, "text", null];
  assertEquals(values.map((value) => isDense(value)), [true, true, true, false, false, false, false, false]);
});
