import { assertEquals } from "@std/assert";
import { Counter, SharedArray, Value, type ValueType } from "@isopool/isopool";
import { within } from "../../support/within.ts";
import { several, type SharedSuite } from "./engine.ts";
import { contractTasks } from "./view.ts";

const TIMES = 100_000;
const LONG = { deadline: 120_000 };

/** For each type: the first value, and the value that a worker writes. */
const CONTENTS: [type: ValueType, first: number | bigint | boolean, written: number | bigint | boolean][] = [
  ["i8", -128, 127],
  ["u8", 1, 255],
  ["i16", -232, 234],
  ["u16", 1, 65_535],
  ["i32", 4343, -24_234],
  ["u32", 1, 4_294_967_295],
  ["i64", 2n ** 33n, -(2n ** 63n)],
  ["u64", 1n, 2n ** 64n - 1n],
  ["f32", 0.5, -3.25],
  ["f64", 3.625, Math.PI],
  ["bool", false, true],
];

/** Value, Counter, SharedArray. */
export const numbersSuite: SharedSuite = (engine, check) => {
  check("what a worker writes is seen here, whatever the type", async () => {
    await using isolates = engine.isolates(1);
    const values = CONTENTS.map(([type, first]) => new Value(type, first as never));
    assertEquals(values.map((value) => value.get()), CONTENTS.map(([, first]) => first));
    await isolates.start(contractTasks.writeAll, values, CONTENTS.map(([, , written]) => written)).result;
    assertEquals(values.map((value) => value.get()), CONTENTS.map(([, , written]) => written));
  });

  check("a worker works on an array in place; the part it was given is all that it changes", async () => {
    await using isolates = engine.isolates(1);
    const array = new SharedArray("i32", [680, 626, 934, 821, 150]);
    assertEquals(await isolates.start(contractTasks.accumulate, array.slice(1, 4)).result, 3);
    assertEquals([...array], [680, 626, 1560, 2381, 150]);
    for (let round = 0; round < 3; round++) {
      const fresh = new SharedArray("i32", 10);
      assertEquals([...fresh], new Array(10).fill(0));
      fresh.view.fill(7);
    }
  });

  check("eight workers x 100,000 lose no increment of a Counter", async () => {
    await using isolates = engine.isolates(8);
    const counter = new Counter();
    await within(100_000, several(isolates, 8, contractTasks.count, counter, TIMES));
    assertEquals(counter.get(), 8 * TIMES);
  }, LONG);

  check(
    "eight workers x 100,000 lose no addition to a Value, integer, float or bigint, nor to an element",
    async () => {
      await using isolates = engine.isolates(8);
      const [whole, float, big, array] = [
        new Value("i32"),
        new Value("f64"),
        new Value("i64"),
        new SharedArray("i32", 3),
      ];
      for (
        const [task, value] of [[contractTasks.addOnes, whole], [contractTasks.addOnes, float], [
          contractTasks.addBig,
          big,
        ]] as const
      ) await within(100_000, several(isolates, 8, task as typeof contractTasks.addOnes, value as Value<"i32">, TIMES));
      await within(100_000, several(isolates, 8, contractTasks.addToElement, array, 1, TIMES));
      assertEquals([whole.get(), float.get(), big.get(), [...array]], [
        8 * TIMES,
        8 * TIMES,
        BigInt(8 * TIMES),
        [0, 8 * TIMES, 0],
      ]);
    },
    LONG,
  );

  check("no update() is lost: halves of a float, turns of a bool", async () => {
    await using isolates = engine.isolates(8);
    const [float, on] = [new Value("f64", 1), new Value("bool")];
    await within(60_000, several(isolates, 8, contractTasks.halves, float, 10_000));
    await within(60_000, several(isolates, 7, contractTasks.toggle, on, 9_999));
    assertEquals([float.get(), on.get()], [1 + 8 * 5_000, true]);
  }, LONG);
};
