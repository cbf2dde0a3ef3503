/**
 * Which source `select` takes from, and when it finds nothing.
 *
 * @module
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  type Connection,
  JoinableQueue,
  Pipe,
  Pool,
  Queue,
  SELECT,
  select,
  type Selectable,
  SharedEvent,
  tasks,
  WaitTimeoutError,
} from "@isopool/isopool";
import { putAndSelect as putAndSelectHere } from "./select_tasks.ts";
import { test, within } from "../support/within.ts";

const { putAndSelect } = tasks<typeof import("./select_tasks.ts")>(
  import.meta.resolve("./select_tasks.ts"),
);

/** Five standard deviations of 1,000 throws of a coin. */
const SPREAD = 80;

for (const idle of [0, 2, 98]) {
  test(`of two ready queues behind ${idle} idle ones, 1,000 selects take from each 420 to 580 times`, async () => {
    const queues = Array.from({ length: idle + 2 }, () => new Queue<number>());
    const busy = queues.slice(idle);
    for (const queue of busy) for (let i = 0; i <= 1_000; i++) queue.tryPut(i);
    const hits = [0, 0];
    for (let i = 0; i < 1_000; i++) hits[(await select(queues)).index - idle]++;
    assert(Math.abs(hits[0] - 500) <= SPREAD, `${hits}`);
  });
}

test("two loops that select in turns each take from both of their queues", async () => {
  // With one counter for all calls, each loop would always begin at the same queue.
  const pairs = [0, 1].map(() => [new Queue<number>(), new Queue<number>()]);
  for (const queue of pairs.flat()) for (let i = 0; i <= 1_000; i++) queue.tryPut(i);
  const hits = [0, 0];
  for (let i = 0; i < 1_000; i++) {
    hits[(await select(pairs[0])).index]++;
    await select(pairs[1]);
  }
  assert(Math.abs(hits[0] - 500) <= SPREAD, `${hits}`);
});

for (const timeout of [0, 1]) {
  test(
    `select with a timeout of ${timeout} ms finds an item, if at each moment one of three queues has one (3 x 10,000)`,
    async () => {
      const queues = Array.from({ length: 3 }, () => new Queue<number>());
      const started = [new SharedEvent(), new SharedEvent()];
      await using pool = new Pool(2);
      const others = started.map((each) => pool.submit(putAndSelect, queues, 10_000, timeout, each));
      for (const each of started) await each.wait({ timeout: 20_000 });
      const mine = await within(120_000, putAndSelectHere(queues, 10_000, timeout, new SharedEvent()));
      assertEquals([mine, ...await Promise.all(others)], [0, 0, 0]);
    },
    { deadline: 150_000 },
  );
}

test("select that does not wait finds nothing in empty queues, and the end of closed ones", async () => {
  const [one, two] = [new Queue<number>(), new Queue<number>()];
  await assertRejects(() => select([one, two], { timeout: 0 }), WaitTimeoutError);
  two.close();
  assertEquals(await select([one, two], { timeout: 0 }), { index: 1, result: { state: "closed" } });
});

test("a source of another class needs no `arrivals`", async () => {
  const source: Selectable<string> = {
    [SELECT]: () => ({ take: () => undefined, ready: () => new Promise(() => {}), passNotificationOn: () => {} }),
  };
  await assertRejects(() => select([source], { timeout: 0 }), WaitTimeoutError);
});

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const isTrue = <_T extends true>() => {};

test("the type of what is selected is a union by index", async () => {
  const [numbers, names] = [new Queue<number>(), new JoinableQueue<string>()];
  const [end] = Pipe<Date>();
  names.tryPut("Ada");
  const selected = await select([numbers, names, end]);
  isTrue<Same<typeof selected.index, 0 | 1 | 2>>();
  if (selected.index === 1 && selected.result.state === "ok") isTrue<Same<typeof selected.result.value, string>>();
  if (selected.index === 2 && selected.result.state === "ok") isTrue<Same<typeof selected.result.value, Date>>();
  assertEquals(selected, { index: 1, result: { state: "ok", value: "Ada" } });

  const list: Queue<number>[] = [numbers];
  numbers.tryPut(5);
  const one = await select(list);
  isTrue<Same<typeof one.index, number>>();
  if (one.result.state === "ok") isTrue<Same<typeof one.result.value, number>>();
  assertEquals(one, { index: 0, result: { state: "ok", value: 5 } });

  const mixed: (Queue<number> | Connection<Date>)[] = [numbers, end];
  numbers.tryPut(6);
  const other = await select(mixed);
  if (other.result.state === "ok") isTrue<Same<typeof other.result.value, number | Date>>();
  assertEquals(other, { index: 0, result: { state: "ok", value: 6 } });
});
