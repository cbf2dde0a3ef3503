import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { activeWorkers, inline, Pool, StageError, stages } from "@isopool/isopool";
import { outcomeOf, runTurns } from "../io/kit.ts";
import { expectError } from "../support/expect.ts";
import { runScript } from "../support/script.ts";
import { test, until } from "../support/within.ts";
import { count, pages } from "./kit.ts";

test("stages(): the pool of a stage without a name is called after its kind, in a warning too", async () => {
  const { code, stdout, stderr } = await runScript(`
    import { cpuCount, inline, Pool } from "@isopool/isopool";
    await using pool = new Pool(1);
    const run = inline(async (url: string, workers: number): Promise<number> => {
      const { inline, stages } = await import(url);
      return await stages([1]).cpu(inline((n: number) => n + 1), { workers }).drain();
    });
    console.log(await pool.submit(run, ${JSON.stringify(import.meta.resolve("../../mod.ts"))}, 2 * cpuCount() + 1));`);
  assertEquals([code, stdout], [0, "1\n"], stderr);
  assertStringIncludes(stderr, 'pool "pool of stage cpu"');
});

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
      await runTurns();
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
  const error = outcomeOf(run);
  await until(() => started === 2, "the last stage is full");
  // Until nothing moves any more.
  for (let before = -1; before !== read;) {
    before = read;
    await runTurns(50);
  }
  // At least the last stage and the buffer before it are full. In the stages: 4 + 3, 5, 2; between them, each asynchronous reader holds one more.
  assert(read >= 2 + 5 && read <= 4 + 3 + 5 + 2 + 3, `${read} items were read`);
  stop.abort("enough");
  gate.resolve();
  assertEquals(await error, "enough");
  assertEquals(activeWorkers(), 0);
});

test("stages(): starts when it is read, once; each method returns a new pipeline", async () => {
  let calls = 0;
  const base = stages([1, 2]).io((n) => {
    calls++;
    return n;
  });
  const more = base.io((n) => n * 10);
  await runTurns();
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
  const error = expectError(await outcomeOf(stages([1]).cpu(spin, { workers: 1, timeout: 50 }).drain()), StageError);
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
