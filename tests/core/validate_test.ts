import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { inline, Pool, pooled } from "@isopool/isopool";
import {
  abortSignal,
  badOption,
  duration,
  integer,
  knownOptions,
  MAX_DELAY,
  oneOf,
  show,
} from "../../lib/core/validate.ts";

const WORDS = ["throw", "settle"] as const;

interface Refusal {
  what: string;
  run: () => unknown;
  error: typeof TypeError | typeof RangeError;
  message: string;
}

const delays = `milliseconds from 0 to ${MAX_DELAY}, or Infinity`;
const refusals: Refusal[] = [
  {
    what: "integer, below the least",
    run: () => integer("make pool", "workers", 0, 1),
    error: RangeError,
    message: "Cannot make pool: `workers` is 0: it takes an integer of at least 1",
  },
  {
    what: "integer, fraction",
    run: () => integer("make pool", "workers", 1.5, 1),
    error: RangeError,
    message: "Cannot make pool: `workers` is 1.5: it takes an integer of at least 1",
  },
  {
    what: "integer, Infinity",
    run: () => integer("make pool", "workers", Infinity, 1),
    error: RangeError,
    message: "Cannot make pool: `workers` is Infinity: it takes an integer of at least 1",
  },
  {
    what: "integer, NaN",
    run: () => integer("make pool", "workers", NaN, 1),
    error: RangeError,
    message: "Cannot make pool: `workers` is NaN: it takes an integer of at least 1",
  },
  {
    what: "integer, text",
    run: () => integer("make pool", "workers", "4", 1),
    error: TypeError,
    message: 'Cannot make pool: `workers` is "4": it takes an integer of at least 1',
  },
  {
    what: "integer, bigint",
    run: () => integer("make pool", "workers", 4n, 1),
    error: TypeError,
    message: "Cannot make pool: `workers` is 4n: it takes an integer of at least 1",
  },
  {
    what: "duration, negative",
    run: () => duration("wait", "timeout", -1),
    error: RangeError,
    message: `Cannot wait: \`timeout\` is -1: it takes ${delays}`,
  },
  {
    what: "duration, longer than a timer takes",
    run: () => duration("wait", "timeout", MAX_DELAY + 1),
    error: RangeError,
    message: `Cannot wait: \`timeout\` is ${MAX_DELAY + 1}: it takes ${delays}`,
  },
  {
    what: "duration, NaN",
    run: () => duration("wait", "timeout", NaN),
    error: RangeError,
    message: `Cannot wait: \`timeout\` is NaN: it takes ${delays}`,
  },
  {
    what: "duration, null",
    run: () => duration("wait", "timeout", null),
    error: TypeError,
    message: `Cannot wait: \`timeout\` is null: it takes ${delays}`,
  },
  {
    what: "oneOf, another word",
    run: () => oneOf("map", "onError", "ignore", WORDS),
    error: RangeError,
    message: 'Cannot map: `onError` is "ignore": it takes "throw" | "settle"',
  },
  {
    what: "oneOf, no word",
    run: () => oneOf("map", "onError", true, WORDS),
    error: TypeError,
    message: 'Cannot map: `onError` is true: it takes "throw" | "settle"',
  },
  {
    what: "abortSignal, a controller",
    run: () => abortSignal("map", "signal", new AbortController()),
    error: TypeError,
    message: "Cannot map: `signal` is an object: it takes an AbortSignal",
  },
  {
    what: "abortSignal, null",
    run: () => abortSignal("map", "signal", null),
    error: TypeError,
    message: "Cannot map: `signal` is null: it takes an AbortSignal",
  },
  {
    what: "knownOptions, misspelt",
    run: () => knownOptions("map", { timout: 5 }, ["timeout", "signal"]),
    error: TypeError,
    message: "Cannot map: unknown option `timout`: did you mean `timeout`? The options are timeout, signal",
  },
  {
    what: "knownOptions, null",
    run: () => knownOptions("map", null, ["timeout"]),
    error: TypeError,
    message: "Cannot map: `options` is null: it takes an object",
  },
  {
    what: "knownOptions, number",
    run: () => knownOptions("map", 5, ["timeout"]),
    error: TypeError,
    message: "Cannot map: `options` is 5: it takes an object",
  },
];

for (const { what, run, error, message } of refusals) {
  Deno.test(`the checks throw an error with call, option, value and expectation: ${what}`, () => {
    const thrown = assertThrows(run, error) as unknown as Error;
    assertEquals(thrown.message, message);
    assertStrictEquals(thrown.constructor, error);
  });
}

Deno.test("the checks return valid values, bounds included", () => {
  assertEquals(integer("c", "o", 1, 1), 1);
  assertEquals(integer("c", "o", Number.MAX_SAFE_INTEGER, 0), Number.MAX_SAFE_INTEGER);
  assertEquals(duration("c", "o", 0), 0);
  assertEquals(duration("c", "o", 0.5), 0.5);
  assertEquals(duration("c", "o", MAX_DELAY), MAX_DELAY);
  assertEquals(oneOf("c", "o", "settle", WORDS), "settle");
  const { signal } = new AbortController();
  assertStrictEquals(abortSignal("c", "o", signal), signal);
  knownOptions("c", { timeout: 1 }, ["timeout"]);
  knownOptions("c", undefined, []);
});

Deno.test("duration() accepts Infinity and undefined as no limit", () => {
  assertEquals([duration("c", "o", Infinity), duration("c", "o", undefined)], [undefined, undefined]);
  assertThrows(() => duration("c", "o", -Infinity), RangeError);
});

Deno.test("show() is short and does not run code of the value", () => {
  const trap = {
    toString() {
      throw new Error("ran");
    },
    toJSON() {
      throw new Error("ran");
    },
    get [Symbol.toStringTag](): string {
      throw new Error("ran");
    },
  };
  const shown: [unknown, string][] = [
    [trap, "an object"],
    [[1, 2], "an array"],
    [() => 1, "a function"],
    [Symbol("s"), "a symbol"],
    [7n, "7n"],
    [-0, "0"],
    [undefined, "undefined"],
    [null, "null"],
    ["a\nb", '"a\\nb"'],
    ["x".repeat(60), `"${"x".repeat(40)}…"`],
  ];
  for (const [value, text] of shown) assertEquals(show(value), text);
});

Deno.test("badOption() creates a RangeError for the right type out of range, else a TypeError", () => {
  assertStrictEquals(badOption("c", "o", 1, "x", true).constructor, RangeError);
  assertStrictEquals(badOption("c", "o", "1", "x", false).constructor, TypeError);
});

Deno.test("an unknown option: the message names the near one, also by the name that other libraries use", () => {
  const hint = (call: () => unknown) => /did you mean `(\w+)`/.exec(assertThrows(call, TypeError).message)?.[1];
  const pool = (name: string) => hint(() => new Pool({ [name]: 1 }));
  for (const name of ["processes", "max_workers", "worker", "wrokers"]) assertEquals(pool(name), "workers", name);
  assertEquals(pool("maxtasksperchild"), "maxTasksPerWorker");
  assertEquals(pool("initargs"), "initArgs");
  assertEquals(pool("retries"), "retry");
  assertEquals(pool("memory"), "memoryLimit");
  assertEquals(pool("xyz"), undefined);
  const same = inline((n: number) => n);
  assertEquals(hint(() => same.with({ retries: 3 } as object)), "retry");
  assertEquals(hint(() => pooled([1], (n) => n, { concurency: 1 } as object)), "concurrency");
});
