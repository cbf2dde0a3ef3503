import v8 from "node:v8";
import vm from "node:vm";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { inline, Pool, PoolClosedError } from "@isopool/isopool";
import { traceHtml } from "@isopool/isopool/trace";
import { runScript } from "../support/script.ts";
import { MUST_HAPPEN, test, until } from "../support/within.ts";
import { Gate } from "../support/gate.ts";
import { gated } from "../fixtures/views.ts";

interface Event {
  ph: string;
  cat?: string;
  name: string;
  tid: number;
  id?: number;
  ts: number;
  dur: number;
  args: Record<string, unknown>;
}

const BACKENDS = ["worker", "process", "async"] as const;
const spin = inline(function spin(ms: number) {
  const end = performance.now() + ms;
  while (performance.now() < end);
  if (ms === 3) throw new Error("three");
  return ms;
});
const forever = inline(function forever() {
  for (;;);
});

async function traced(run: (file: string) => Promise<void>): Promise<Event[]> {
  const file = await Deno.makeTempFile({ prefix: "isopool-trace-" });
  try {
    await run(file);
    return JSON.parse(await Deno.readTextFile(file));
  } finally {
    await Deno.remove(file);
  }
}

const runs = (events: Event[]) => events.filter(({ cat }) => cat === "run");

for (const backend of BACKENDS) {
  test(`${backend}: a trace has a slice for each call, on the lane of its worker, with item, outcome and error`, async () => {
    const events = await traced(async (file) => {
      await using pool = new Pool({ workers: 2, backend, name: "traced" });
      await using trace = await pool.trace(file);
      await pool.map(spin, [1, 2, 3, 4], { onError: "settle" });
      assertEquals(await pool.submit(spin, 5), 5);
      assert(trace.events > 5);
    });
    const slices = runs(events).sort((a, b) => a.args.index as number - (b.args.index as number) || a.ts - b.ts);
    assertEquals(slices.map(({ args }) => args.item).sort(), ["1", "2", "3", "4", "5"]);
    assert(slices.every(({ name }) => name === "spin"));
    const failed = slices.filter(({ args }) => args.outcome !== "fulfilled");
    assertEquals(failed.map(({ args }) => [args.item, args.outcome, args.error]), [["3", "rejected", "Error: three"]]);
    for (const { dur, args } of slices) assert(dur >= Number(args.item) * 1_000 - 100, `${args.item}: ${dur} us`);
    const lanes = new Map(events.filter(({ name }) => name === "thread_name").map(({ tid, args }) => [tid, args.name]));
    for (const { tid } of slices) assert(/^worker \d+$/.test(String(lanes.get(tid))), String(lanes.get(tid)));
    assertEquals(events.find(({ name }) => name === "process_name")?.args.name, "traced");
  });
}

test("slices of one lane do not overlap, and each run has a flow or shares that of its batch", async () => {
  const events = await traced(async (file) => {
    await using pool = new Pool({ workers: 2, concurrencyPerWorker: 3 });
    await using _trace = await pool.trace(file);
    await pool.map(spin, Array.from({ length: 100 }, (_, n) => n % 3));
    await Promise.all(Array.from({ length: 30 }, () => pool.submit(spin, 1)));
  });
  const slices = runs(events);
  assertEquals(slices.length, 130);
  for (const lane of Map.groupBy(slices, ({ tid }) => tid).values()) {
    let end = 0;
    for (const { ts, dur } of lane.sort((a, b) => a.ts - b.ts)) {
      assert(ts >= end - 0.2, `${ts} before ${end}`);
      end = ts + dur;
    }
  }
  const starts = new Map(events.filter(({ ph }) => ph === "s").map((event) => [event.id, event]));
  const ends = events.filter(({ ph }) => ph === "f");
  assert(ends.length >= 31, `${ends.length} flows for 30 submits and a map`);
  for (const { id, ts, tid } of ends) {
    const start = starts.get(id)!;
    assert(start.ts <= ts + 50 && start.tid === 0 && tid > 0, `${id}: from ${start.ts} to ${ts}`);
  }
});

test("kills and deaths are marks, a lost call is a slice, and counters say what waits", async () => {
  const events = await traced(async (file) => {
    await using pool = new Pool({ workers: 1, killGrace: 50 });
    await using _trace = await pool.trace(file);
    await using gate = new Gate();
    const held = pool.submit(gated.hold, gate.words);
    await gate.entered();
    const waiting = [pool.submit(spin, 1), pool.submit(spin, 2)];
    gate.open();
    await Promise.all([held, ...waiting]);
    await pool.submit(forever.with({ timeout: 30 })).exception();
    await pool.submit(inline(() => Deno.exit(3))).exception();
  });
  const marks = events.filter(({ ph }) => ph === "i").map(({ name }) => name);
  assertEquals(marks.slice(0, 3), ["started", "killed", "ended: terminated"]);
  assert(marks.includes("ended: exit"), marks.join());
  const lost = runs(events).find(({ name }) => name === "forever")!;
  assertEquals(lost.args.outcome, "rejected");
  assert(String(lost.args.error).startsWith("TaskTimeoutError"), String(lost.args.error));
  assert(lost.dur >= 30_000, `${lost.dur} us`);
  const waiting = events.filter(({ ph, name }) => ph === "C" && name === "calls").map(({ args }) => args.waiting);
  assertEquals(waiting.at(-1), 0);
});

test("100,000 traced calls keep less than 8 MiB of heap; stop() ends the trace, and the pool goes on", async () => {
  // The resident memory also has garbage and what the allocator keeps: it grows by up to 80 MiB in a run and then stays.
  v8.setFlagsFromString("--expose-gc");
  const collect = vm.runInNewContext("gc") as () => void;
  const used = () => {
    collect();
    const { heapUsed, external } = Deno.memoryUsage();
    return heapUsed + external;
  };
  const events = await traced(async (file) => {
    await using pool = new Pool({ workers: 2 });
    const trace = await pool.trace(file);
    const identity = inline((n: number) => n);
    await pool.map(identity, Array(30_000).keys());
    const before = used();
    for await (const _ of pool.imap(identity, Array(100_000).keys()));
    const kept = used() - before;
    assert(kept < 8 * 2 ** 20, `they keep ${kept} bytes`);
    await trace.stop();
    await trace.stop();
    const written = trace.events;
    assertEquals(await pool.submit(identity, 1), 1);
    assertEquals(trace.events, written);
  });
  assertEquals(runs(events).length, 130_000);
}, { deadline: 120_000 });

test("a script that is killed leaves a trace that its page can show; one that ends leaves a whole one", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, end] of [["killed", `Deno.kill(Deno.pid, "SIGKILL")`], ["ended", "Deno.exit(0)"]]) {
      const { code, stderr } = await runScript(`
        import { inline, Pool } from "@isopool/isopool";
        const pool = new Pool(1);
        await pool.trace("${folder}/${name}.json");
        await pool.map(inline((n: number) => n), Array(3000).keys());
        ${end};
      `);
      assertEquals([code, stderr], [name === "killed" ? 137 : 0, ""]);
      const calls = await traceHtml(`${folder}/${name}.json`, `${folder}/${name}.html`);
      assert(name === "killed" ? calls > 100 : calls === 3_000, `${calls} calls`);
    }
    JSON.parse(await Deno.readTextFile(`${folder}/ended.json`));
    assertThrows(() => JSON.parse(Deno.readTextFileSync(`${folder}/killed.json`)), SyntaxError);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

test(
  "traceHtml() refuses to write its page over the trace, by any name of the file; an older, longer page is replaced",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      const [trace, page] = [`${folder}/trace.json`, `${folder}/page.html`];
      {
        await using pool = new Pool(1);
        await using _trace = await pool.trace(trace);
        await pool.submit(spin, 1);
      }
      const text = await Deno.readTextFile(trace);
      await Deno.symlink(trace, `${folder}/link.html`);
      for (
        const name of [
          trace,
          new URL(`file://${trace}`),
          `${folder}/../${folder.split("/").at(-1)}/trace.json`,
          `${folder}/link.html`,
        ]
      ) {
        await assertRejects(() => traceHtml(trace, name), RangeError, "it takes another file than the trace");
        assertEquals(await Deno.readTextFile(trace), text);
      }
      await Deno.writeTextFile(page, "old".repeat(1_000_000));
      assertEquals(await traceHtml(trace, page), 1);
      const html = await Deno.readTextFile(page);
      assert(html.trimEnd().endsWith("</html>") && !html.includes("oldold"), html.slice(-200));
      assertEquals(await traceHtml(trace, "/dev/null"), 1);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
  { ignore: Deno.build.os === "windows" && "it needs symbolic links and /dev/null" },
);

test("bad paths are refused; a full disk ends the trace, not the work", async () => {
  await using pool = new Pool(1);
  assertThrows(() => pool.trace(5 as never), TypeError, "`path`");
  assertThrows(() => pool.trace(""), TypeError, "`path`");
  await assertRejects(() => pool.trace("/no/such/folder/trace.json"), Deno.errors.NotFound);
  await assertRejects(() => traceHtml(5 as never, "x"), TypeError, "`trace`");
  await assertRejects(() => traceHtml("/no/such/trace.json", "x"), Deno.errors.NotFound);
  if (Deno.build.os === "linux") {
    const trace = await pool.trace("/dev/full");
    assertEquals(await pool.map(spin, [0, 1, 2]), [0, 1, 2]);
    await assertRejects(() => trace.stop(), Error, "No space left");
  }
  const closed = new Pool(1);
  await closed.shutdown();
  assertThrows(() => closed.trace("/tmp/never.json"), PoolClosedError);
});

test("the file can be followed while the pool runs: a call that has ended is in it (bound: 10 s)", async () => {
  const file = await Deno.makeTempFile();
  try {
    await using pool = new Pool(1);
    await using _trace = await pool.trace(file);
    await pool.submit(spin, 1);
    await until(() => Deno.readTextFileSync(file).includes(`"name":"spin"`), "the call is in the file", MUST_HAPPEN);
  } finally {
    await Deno.remove(file);
  }
});
