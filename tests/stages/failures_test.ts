import { assertEquals, assertStrictEquals } from "@std/assert";
import { activeWorkers, inline, StageError, stages } from "@isopool/isopool";
import { outcomeOf, runTurns, untilAborted } from "../io/kit.ts";
import { expectError } from "../support/expect.ts";
import { test, until } from "../support/within.ts";
import { count, pages } from "./kit.ts";

test("stages(): the failure of each stage names the stage, its function and its item; what was thrown is the cause", async () => {
  const boom = new RangeError("no such page");
  const fetchPage = (id: number) => {
    if (id === 3) throw boom;
    return { id, html: id === 5 ? "empty" : `<title>${id}</title>` };
  };
  const save = ({ id }: { id: number }) => {
    if (id === 1) throw "a string";
    return id;
  };
  const seen: number[] = [];
  const read = async (from: number) => {
    const items = [...count(20)].slice(from);
    for await (const id of stages(items).io(fetchPage).cpu(pages.parse, { workers: 1 }).io(save)) seen.push(id);
  };
  const third = expectError(await outcomeOf(read(0)), StageError);
  assertEquals([third.stage, third.function, third.item, third.cause], [3, "save", { id: 1, title: "1" }, "a string"]);
  assertEquals(third.message, 'Stage 3 (save) failed on { id: 1, title: "1" }: "a string"');
  const first = expectError(await outcomeOf(read(2)), StageError);
  assertEquals([first.stage, first.function, first.item], [1, "fetchPage", 3]);
  assertStrictEquals(first.cause, boom);
  const second = expectError(await outcomeOf(read(4)), StageError);
  assertEquals([second.stage, second.function, second.item], [2, "parse", { id: 5, html: "empty" }]);
  assertEquals(expectError(second.cause, SyntaxError).message, "page 5 has no title");
  // The results before the failed item came first.
  assertEquals(seen, [0, 2, 4]);
  assertEquals(activeWorkers(), 0);
});

test("stages({ onFailure }): gets each failure, and the run goes on without those items; what it throws ends the run", async () => {
  const failures: string[] = [];
  const check = (n: number) => {
    if (n % 3 === 0) throw new Error("three");
    return n;
  };
  const onFailure = async ({ stage, item }: StageError) => {
    await runTurns(1);
    failures.push(`${stage}: ${item}`);
  };
  const last = (n: number) => {
    if (n === 4) throw new Error("four");
    return n;
  };
  assertEquals(await stages(count(8), { onFailure }).io(check).io(last), [1, 2, 5, 7]);
  assertEquals(failures.sort(), ["1: 0", "1: 3", "1: 6", "2: 4"]);
  const enough = new Error("enough");
  const run = stages(count(), {
    onFailure() {
      throw enough;
    },
  }).io(check).drain();
  assertStrictEquals(await outcomeOf(run), enough);
});

test("stages(): leaving the loop, a failure and a signal abort what all stages have in progress, and close the input", async () => {
  for (const how of ["leave", "fail", "abort"]) {
    const stop = new AbortController();
    let closed = false, aborted = 0, waiting = 0;
    const input = async function* () {
      try {
        yield* count();
      } finally {
        closed = true;
      }
    };
    // The first stage never answers for items from 2 on.
    const first = async (n: number, { signal }: { signal: AbortSignal }) => {
      if (n < 2) return n;
      waiting++;
      return await untilAborted(signal).finally(() => aborted++);
    };
    const second = async (n: number) => {
      if (n === 1) {
        await until(() => waiting === 3, "the first stage is busy");
        if (how === "fail") throw new Error("boom");
        if (how === "abort") stop.abort("stopped");
      }
      return n;
    };
    const run = async () => {
      const pipeline = stages(input(), { signal: stop.signal }).io(first, { concurrency: 3 }).io(second).io((n) => n);
      for await (const n of pipeline) if (n === 1 && how === "leave") break;
      return "left";
    };
    const end = await outcomeOf(run());
    if (how === "leave") assertEquals(end, "left");
    if (how === "fail") assertEquals(expectError(end, StageError).stage, 2);
    if (how === "abort") assertEquals(end, "stopped");
    await until(() => closed && aborted === waiting, `${how}: everything has ended`);
  }
});

test("stages(): an input that throws ends the run with its own error, after the results before it", async () => {
  const broken = new Error("disk");
  const input = function* () {
    yield* [1, 2, 3];
    throw broken;
  };
  const seen: number[] = [];
  const read = async () => {
    for await (const n of stages(input()).io((n) => n).cpu(inline((n: number) => -n), { workers: 1 })) seen.push(n);
  };
  assertStrictEquals(await outcomeOf(read()), broken);
  assertEquals(seen, [-1, -2, -3]);
});
