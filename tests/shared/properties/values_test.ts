/** Random operations on numbers, here and on workers, against a sequential model. */
import { assert, assertEquals } from "@std/assert";
import { Counter, SharedArray, Value, type ValueType } from "@isopool/isopool";
import fc from "fast-check";
import { leavesNothing } from "../../support/leaks.ts";
import { DEADLINE, runs } from "../../support/properties.ts";
import { MUST_HAPPEN, test, timed, until, within } from "../../support/within.ts";
import { mayFail } from "../../contract/shared/engine.ts";
import { CHANGES, elementOf, type Op, perform, type Scalar, type SharedNumber } from "./programs.ts";
import { isBig, type Kind, Model, RANGES, TYPES } from "./sequential_model.ts";
import { ENGINES, programs } from "./view.ts";

function make(kind: Kind): { cell: SharedNumber; sent: SharedNumber | SharedArray<"i32">; at: number | undefined } {
  if (kind === "element") {
    const array = new SharedArray("i32", 3);
    return { cell: elementOf(array, 1), sent: array, at: 1 };
  }
  const cell = (kind === "counter" ? new Counter() : new Value(kind as ValueType)) as unknown as SharedNumber;
  return { cell, sent: cell, at: undefined };
}

/** Values of a type, mostly its limits and the values just beyond them; sometimes a value of another type. */
function scalars(kind: Kind): fc.Arbitrary<Scalar> {
  const foreign = fc.constantFrom<Scalar>(0.5, 1, 1n, true, NaN);
  if (kind === "bool") return fc.oneof({ weight: 9, arbitrary: fc.boolean() }, { weight: 1, arbitrary: foreign });
  if (kind === "f32" || kind === "f64") {
    const special = fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 1e300, 2 ** -149, 0.1);
    return fc.oneof({ weight: 6, arbitrary: fc.double() }, { weight: 3, arbitrary: special }, foreign);
  }
  const range = RANGES[(kind === "element" ? "i32" : kind) as ValueType] ??
    [BigInt(Number.MIN_SAFE_INTEGER), BigInt(Number.MAX_SAFE_INTEGER)];
  const edges = fc.constantFrom(...range.flatMap((edge) => [edge - 1n, edge, edge + 1n]), 0n, 1n, -1n);
  const whole = fc.oneof(fc.bigInt({ min: range[0], max: range[1] }), edges, fc.bigInt({ min: -9n, max: 9n }));
  const fitting = whole.map((value): Scalar => isBig(kind) ? value : Number(value));
  return fc.oneof({ weight: 9, arbitrary: fitting }, { weight: 1, arbitrary: foreign });
}

function operations(kind: Kind): fc.Arbitrary<Op> {
  const value = scalars(kind);
  const some: fc.Arbitrary<Op>[] = [
    fc.constant({ op: "get" }),
    fc.record({ op: fc.constantFrom("set", "exchange"), value }),
    fc.record({ op: fc.constantFrom("add", "sub"), value }),
  ];
  if (kind !== "counter") {
    some.push(fc.record({ op: fc.constant("compareExchange"), expected: value, value }));
    some.push(fc.record({ op: fc.constant("update"), by: fc.constantFrom(...Object.keys(CHANGES) as never[]) }));
  }
  return fc.oneof(...some);
}

const program = fc.constantFrom(...TYPES).chain((kind) =>
  fc.record({
    kind: fc.constant(kind),
    // Whether this thread or a worker runs the operations, and the operations.
    parts: fc.array(fc.tuple(fc.boolean(), fc.array(operations(kind), { minLength: 1, maxLength: 6 })), {
      maxLength: 6,
    }),
  })
);

for (const engine of ENGINES) {
  test(
    `${engine.name}: operations on every type return what a sequential model returns, on this thread and on workers`,
    async () => {
      await using isolates = engine.isolates(2);
      await fc.assert(
        fc.asyncProperty(program, async ({ kind, parts }) => {
          const { cell, sent, at } = make(kind);
          const model = new Model(kind);
          for (const [here, ops] of parts) {
            const expected = ops.map((op) => model.perform(op));
            const seen = here
              ? ops.map((op) => perform(cell, op))
              : await within(MUST_HAPPEN, isolates.start(programs.performAll, sent, at, ops).result);
            assertEquals(seen.map(exact), expected.map(exact), `${kind}: ${Deno.inspect(ops)}`);
          }
        }),
        runs(400, { shrink: true }),
      );
    },
    DEADLINE,
  );

  test(`${engine.name}: concurrent operations return what some sequential order returns`, async () => {
    await using isolates = engine.isolates(3);
    const value = fc.integer({ min: -3, max: 3 });
    const op: fc.Arbitrary<Op> = fc.oneof(
      fc.record({ op: fc.constantFrom("add", "sub", "exchange"), value }),
      fc.record({ op: fc.constant("compareExchange"), expected: value, value }),
      fc.record({ op: fc.constant("update"), by: fc.constantFrom("same", "negative") }),
    );
    const many = fc.array(op, { minLength: 50, maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("i32", "f64", "f32"), fc.array(many, { minLength: 3, maxLength: 3 }), async (
        type,
        lists,
      ) => {
        const cell = new Value(type as "i32", 0);
        const all = lists.map((ops) =>
          isolates.start(programs.performAll, cell as unknown as SharedNumber, undefined, ops).result
        );
        const results = await within(MUST_HAPPEN, Promise.all(all));
        const balance = new Map<unknown, number>([[0, 1]]);
        const move = (value: number, by: number) => {
          // An i32 has no -0: `+ 0` makes it 0.
          const at = exact(type === "i32" ? value + 0 : value);
          balance.set(at, (balance.get(at) ?? 0) + by);
        };
        move(cell.get(), -1);
        lists.forEach((ops, w) =>
          ops.forEach((op, i) => {
            const result = results[w][i] as number;
            const [before, after] = transition(op, result);
            move(before, -1);
            move(after, 1);
          })
        );
        // Each value was replaced as often as it was written: the changes form one path from the first value to the last.
        assertEquals([...balance].filter(([, count]) => count !== 0), []);
      }),
      runs(40),
    );
  }, DEADLINE);

  test(`${engine.name}: a killed worker leaves at most its last operation in doubt`, async () => {
    await using isolates = engine.isolates(3);
    const amounts = fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 20_000, maxLength: 20_000 });
    await fc.assert(
      fc.asyncProperty(fc.array(amounts, { minLength: 3, maxLength: 3 }), fc.integer({ min: 1, max: 5_000 }), async (
        lists,
        goal,
      ) => {
        const total = new Value("i32", 0);
        const logs = lists.map((list) => new SharedArray("i32", list.length + 1));
        const all = lists.map((list, i) =>
          mayFail(isolates.start(programs.addAll, total as unknown as SharedNumber, logs[i], list))
        );
        await until(() => logs[0].get(0) >= goal, "the first has added enough");
        all[0].stop();
        const [, ...others] = await within(MUST_HAPPEN, Promise.all(all.map(({ result }) => timed(result))));
        for (const { error } of others) if (error !== undefined) throw error;
        const done = logs.map((log) => log.get(0));
        const sum = lists.reduce((sum, list, i) => list.slice(0, done[i]).reduce((a, b) => a + b, sum), 0);
        const doubt = lists[0][done[0]] ?? 0;
        assert(total.get() === sum || total.get() === sum + doubt, `${total.get()} of ${sum} or ${doubt} more`);
        // No two additions found the same sum: each came after another one.
        const found = logs.flatMap((log, i) => [...log.slice(1, done[i] + 1)]);
        assertEquals(new Set(found).size, found.length);
      }),
      runs(5),
    );
  }, DEADLINE);
}

/** Tells 0 from -0, which assertEquals and Map do not. */
function exact(value: unknown): unknown {
  return Object.is(value, -0) ? "-0" : value;
}

/** Returns the value before an operation and the value after it. */
function transition(op: Op, result: number): [before: number, after: number] {
  switch (op.op) {
    case "add":
      return [result, result + (op.value as number)];
    case "sub":
      return [result, result - (op.value as number)];
    case "exchange":
      return [result, op.value as number];
    case "compareExchange":
      return [result, Object.is(result, op.expected) ? op.value as number : result];
    case "update":
      // `update` returns the value after it.
      return [op.by === "negative" ? -result : result, result];
    default:
      throw new Error(`not a change: ${op.op}`);
  }
}

leavesNothing();
