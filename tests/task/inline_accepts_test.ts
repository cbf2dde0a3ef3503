/** Functions that `inline()` accepts, since they use nothing from outside: tests/task/inline_test.ts has those it refuses. */
import { assertEquals } from "@std/assert";
import { inline, Pool } from "@isopool/isopool";
import { within } from "../support/within.ts";

// deno-lint-ignore no-explicit-any -- functions of every signature
type Any = (...args: any[]) => unknown;

const methods = {
  function(n: number) {
    return n + 1;
  },
  arrow: (n: number) => n + 1,
};

const allowed: [string, Any, unknown[], unknown][] = [
  [
    "parameters, own variables, globals",
    (n: number) => {
      const list = [n, Math.max(n, 2)];
      return JSON.stringify(list.concat(new Uint8Array(1).length));
    },
    [1],
    "[1,2,1]",
  ],
  [
    "nested functions and closures",
    (n: number) => {
      const add = (m: number) => n + m;
      function twice(f: (m: number) => number) {
        return (m: number) => f(f(m));
      }
      return twice(add)(1);
    },
    [10],
    21,
  ],
  [
    "destructuring, defaults and rest",
    ({ a, b: { c = 3, ...rest } }: Record<string, Record<string, unknown>>, [d] = [4], ...more: number[]) => [
      a,
      c,
      rest,
      d,
      more,
    ],
    [{ a: 1, b: { x: 2 } }, undefined, 5, 6],
    [1, 3, { x: 2 }, 4, [5, 6]],
  ],
  [
    "recursion by its own name",
    function fact(n: number): number {
      return n < 2 ? 1 : n * fact(n - 1);
    },
    [5],
    120,
  ],
  [
    "arguments of its own",
    function () {
      return arguments.length;
    },
    [1, 2, 3],
    3,
  ],
  [
    "labels, loops, catch and switch",
    (n: number) => {
      let sum = 0;
      outer: for (const i of [1, 2, 3]) {
        for (let j = 0; j < 3; j++) {
          if (j === 2) continue outer;
          try {
            if (i === 2) throw { code: j };
            sum += i;
            // deno-lint-ignore no-explicit-any -- what is thrown above
          } catch ({ code }: any) {
            sum += code;
          }
        }
      }
      switch (n) {
        case 1: {
          const inner = sum;
          return inner;
        }
        default:
          return -1;
      }
    },
    [1],
    9,
  ],
  [
    "a class inside, with private fields and a name of its own",
    () => {
      const Made = class Inner {
        #n = 1;
        static made = 0;
        static {
          const start = 5;
          Inner.made = start;
        }
        next() {
          return [this.#n + 1, Inner.made];
        }
      };
      return new Made().next();
    },
    [],
    [2, 5],
  ],
  [
    "this of functions and classes inside",
    () => {
      const counter = {
        n: 1,
        next() {
          return ++this.n;
        },
      };
      const Kept = class {
        n = 5;
        next = () => this.n;
      };
      return [counter.next(), new Kept().next()];
    },
    [],
    [2, 5],
  ],
  ["a method whose source is a function", methods.function, [1], 2],
  ["an arrow function of an object", methods.arrow, [1], 2],
  ["globals by way of globalThis", () => typeof globalThis.name, [], "string"],
  [
    "an async function that imports",
    async (path: string) => (await import("node:path")).basename(path),
    ["/a/b.txt"],
    "b.txt",
  ],
  [
    "optional chains, object keys and members that share an outside name",
    (value: { outside?: number }) => ({
      outside: value?.outside,
      other: 1,
    }),
    [{ outside: 2 }],
    { outside: 2, other: 1 },
  ],
];

Deno.test("inline() accepts self-contained functions", async (test) => {
  await using pool = new Pool(1);
  for (const [what, fn, args, expected] of allowed) {
    await test.step(what, async () => {
      assertEquals(await within(10_000, pool.submit(inline(fn), ...args)), expected);
    });
  }
});
