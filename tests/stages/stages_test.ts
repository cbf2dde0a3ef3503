import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { activeWorkers, inline, Pool, StageError, stages, tasks } from "@isopool/isopool";
import { ending, settled, untilAborted } from "../io/kit.ts";
import { expectError } from "../support/expect.ts";
import { test, until } from "../support/within.ts";

const pages = tasks<typeof import("../fixtures/tasks/pages.ts")>(
  import.meta.resolve("../fixtures/tasks/pages.ts"),
);

function* count(to = Infinity): Generator<number> {
  for (let n = 0; n < to; n++) yield n;
}

test("stages(): requests, parsing on workers, files; items come in order, and no worker is left", async () => {
  const folder = await Deno.makeTempDir();
  await using server = Deno.serve({ port: 0, onListen() {} }, (request) => {
    return new Response(`<title>page ${new URL(request.url).pathname}</title>`);
  });
  let open = 0, most = 0;
  const fetchPage = async (id: number) => {
    most = Math.max(most, ++open);
    const html = await (await fetch(`http://127.0.0.1:${server.addr.port}/${id}`)).text();
    open--;
    return { id, html };
  };
  const save = async ({ id, title }: { id: number; title: string }) => {
    await Deno.writeTextFile(`${folder}/${id}`, title);
    return id;
  };
  try {
    const ids = await stages(count(120)).io(fetchPage, { concurrency: 10 }).cpu(pages.parse, { workers: 2 }).io(save);
    assertEquals(ids, [...count(120)]);
    assertEquals(most, 10);
    for (const id of ids) assertEquals(await Deno.readTextFile(`${folder}/${id}`), `page /${id}`);
    assertEquals(activeWorkers(), 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

for (const ordered of [true, false]) {
  test(`stages({ ordered: ${ordered} }): a slow item ${ordered ? "holds its successors back, in each stage" : "holds none back"}`, async () => {
    const gate = Promise.withResolvers<void>();
    await using pool = new Pool(1);
    const double = inline((n: number) => n * 2);
    const first = async (n: number) => {
      if (n === 0) await gate.promise;
      return n;
    };
    const seen: number[] = [];
    const last = (n: number) => {
      seen.push(n);
      if (n === 10) gate.resolve();
    };
    const run = stages(count(6), { ordered }).io(first).cpu(double, { pool }).io(last).drain();
    if (ordered) {
      await settled();
      assertEquals(seen, []);
      gate.resolve();
    }
    assertEquals(await run, 6);
    assertEquals(seen, ordered ? [0, 2, 4, 6, 8, 10] : [2, 4, 6, 8, 10, 0]);
    assertEquals(pool.state, "open");
  });
}

test("stages(): a slow last stage holds back all stages before it, and the input", async () => {
  let read = 0;
  const input = function* () {
    for (;;) yield read++;
  };
  const gate = Promise.withResolvers<void>();
  const stop = new AbortController();
  let started = 0;
  const run = stages(input(), { signal: stop.signal })
    .io((n: number) => n, { concurrency: 4, buffer: 3 })
    .cpu(inline((n: number) => n + 1), { workers: 1, buffer: 5 })
    .io(() => {
      started++;
      return gate.promise;
    }, { concurrency: 2, buffer: 0 })
    .drain();
  const error = ending(run);
  await until(() => started === 2, "the last stage is full");
  // Until nothing moves any more.
  for (let before = -1; before !== read;) {
    before = read;
    await settled(50);
  }
  // In the stages: 4 + 3, 5, 2; between them, each asynchronous reader holds one more.
  assert(read >= 2 + 5 && read <= 4 + 3 + 5 + 2 + 3, `${read} items were read`);
  stop.abort("enough");
  gate.resolve();
  assertEquals(await error, "enough");
  assertEquals(activeWorkers(), 0);
});

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
  const third = expectError(await ending(read(0)), StageError);
  assertEquals([third.stage, third.function, third.item, third.cause], [3, "save", { id: 1, title: "1" }, "a string"]);
  assertEquals(third.message, 'Stage 3 (save) failed on { id: 1, title: "1" }: "a string"');
  const first = expectError(await ending(read(2)), StageError);
  assertEquals([first.stage, first.function, first.item], [1, "fetchPage", 3]);
  assertStrictEquals(first.cause, boom);
  const second = expectError(await ending(read(4)), StageError);
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
    await settled(1);
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
  assertStrictEquals(await ending(run), enough);
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
    const end = await ending(run());
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
  assertStrictEquals(await ending(read()), broken);
  assertEquals(seen, [-1, -2, -3]);
});

test("stages(): starts when it is read, once; each method returns a new pipeline", async () => {
  let calls = 0;
  const base = stages([1, 2]).io((n) => {
    calls++;
    return n;
  });
  const more = base.io((n) => n * 10);
  await settled();
  assertEquals(calls, 0);
  assertEquals([await more, await base, await stages(["no stage"])], [[10, 20], [1, 2], ["no stage"]]);
  assertEquals(calls, 4);
  await assertRejects(async () => await base, TypeError, "consumed before");
  assertEquals(await stages<number>([]).io((n) => n).drain(), 0);
});

test("stages(): retry and timeout count in their stage", async () => {
  let calls = 0;
  const flaky = (n: number) => {
    if (calls++ % 2 === 0) throw new Error("again");
    return n;
  };
  const options = { retry: { maxAttempts: 2, minTimeout: 0 }, concurrency: 1 };
  assertEquals(await stages([1, 2]).io(flaky, options), [1, 2]);
  const spin = inline((_: number) => {
    for (;;);
  });
  const error = expectError(await ending(stages([1]).cpu(spin, { workers: 1, timeout: 50 }).drain()), StageError);
  assertEquals([error.stage, (error.cause as Error).name], [1, "TaskTimeoutError"]);
});

test("stages(): bad arguments are refused at the call", async () => {
  await using pool = new Pool(1);
  const task = inline((n: number) => n);
  const bad = (call: () => unknown, text: string) => assertThrows(call, Error, text);
  bad(() => stages(1 as never), "`items` is 1");
  bad(() => stages([], { order: true } as never), "unknown option `order`");
  bad(() => stages([], { onFailure: 1 as never }), "`onFailure` is 1");
  bad(() => stages([]).io(1 as never), "`fn` is 1");
  bad(() => stages([]).io(() => 1, { workers: 2 } as never), "unknown option `workers`");
  bad(() => stages([]).io(() => 1, { concurrency: 0 }), "`concurrency` is 0");
  bad(() => stages([]).cpu((() => 1) as never), "`task` is a function");
  bad(() => stages<number>([]).cpu(task, { workers: 0 }), "`workers` is 0");
  bad(() => stages<number>([]).cpu(task, { workers: 2, pool }), "`workers` is 2");
  bad(() => stages<number>([]).cpu(task, { pool: 2 as never }), "`pool` is 2");
  bad(() => stages<number>([]).cpu(task, { chunkSize: 0 }), "`chunkSize` is 0");
  bad(() => stages<number>([]).cpu(task, { buffer: 0 }), "`buffer` is 0");
  bad(() => stages<number>([]).cpu(task, { timeout: -1 }), "`timeout` is -1");
  bad(() => stages<number>([]).cpu(task, { retry: -1 }), "retry");
});
