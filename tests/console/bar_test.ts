/** A bar on a real terminal, while workers and the main thread print: the bar and the printed lines do not mix. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { literal } from "../support/run_slowly.ts";
import { hasPty, render, runOnTerminal } from "../support/terminal.ts";
import { test } from "../support/within.ts";

const ignore = hasPty() ? false : "there is no pseudo-terminal";

const HEAD = `
import { inline, Pool, pooled } from ${literal("mod.ts")};
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const chatty = inline(async (n: number) => {
  for (let i = 0; i < 4; i++) {
    console.log("<log " + n + " " + i + " " + "x".repeat(10 * (n % 20)) + ">");
    console.error("<error " + n + " " + i + ">");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return n;
});
`;

Deno.test("the terminal of the tests shows what a real one shows", () => {
  assertEquals(render("ab\rc\nlong\r\x1b[Kx\n"), ["cb", "x", ""]);
  assertEquals(render("long\rab\x1b[K"), ["ab"]);
  assertEquals(render("a\r\nb\x1b[2K\rc"), ["a", "c"]);
  assertThrows(() => render("a\x1b[2Jb"), Error, "does not know");
});

test(
  "a bar below what 4 workers and main print: every line whole, no rest of a bar, the finished bar last",
  async () => {
    const { code, text } = await runOnTerminal(`${HEAD}
    await using pool = new Pool({ workers: 4 });
    const before = console.log;
    const results = pool.map(chatty, Array.from({ length: 120 }, (_, n) => n), { progress: true, chunkSize: 1 });
    let n = 0;
    const ticker = setInterval(() => console.info("<main " + n++ + ">"), 30);
    await results;
    clearInterval(ticker);
    if (console.log !== before) throw new Error("console.log was not put back");
  `);
    assertEquals(code, 0, text.slice(-2_000));
    const lines = render(text);
    assertEquals(lines.pop(), "");
    const last = lines.pop()!;
    assert(/^\[#+\] 120\/120 100% [\d.]+\/s 0:\d\d$/.test(last), last);
    const bad = lines.filter((line) => !/^<(log \d+ \d x*|error \d+ \d|main \d+)>$/.test(line));
    assertEquals(bad, []);
    assertEquals(lines.filter((line) => line.startsWith("<log")).length, 480);
    assertEquals(lines.filter((line) => line.startsWith("<error")).length, 480);
    const bars = text.match(/\r\[#*-*\] \d+\/120/g) ?? [];
    assert(bars.length >= 3, `only ${bars.length} bars were drawn`);
    for (const piece of text.split(/\r/)) if (/^\[[#-]/.test(piece)) assert(piece.split("\x1b")[0].length < 80, piece);
  },
  { ignore, deadline: 60_000 },
);

test("a bar stays below prints that never pause, and its text changes at most 10 times a second", async () => {
  const { code, text } = await runOnTerminal(`${HEAD}
    const busy = inline((n: number) => {
      const end = performance.now() + 1_000;
      for (let i = 0; performance.now() < end; i++) console.log("<busy " + n + " " + i + ">");
    });
    await using pool = new Pool({ workers: 2 });
    const start = performance.now();
    await pool.map(busy, [0, 1, 2, 3], { progress: true, chunkSize: 1 });
    console.log(JSON.stringify(performance.now() - start));
  `);
  assertEquals(code, 0, text.slice(-2_000));
  const lines = render(text);
  lines.pop();
  const ms = Number(lines.pop());
  const last = lines.pop()!;
  assert(/^\[#+\] 4\/4 100% /.test(last), last);
  assertEquals(lines.filter((line) => !/^<busy \d \d+>$/.test(line)), []);
  // Drawn once an item has ended: for about half of the time.
  const bars = new Set(text.match(/\r\[#*-*\] [^\r]*/g)).size;
  assert(bars >= 3 && bars <= ms / 100 + 2, `${bars} bars in ${ms} ms`);
}, { ignore, deadline: 60_000 });

test("the bar is drawn again after each print of a worker and of main", async () => {
  const { code, text } = await runOnTerminal(`${HEAD}
    const logs = inline(async (n: number) => {
      for (let i = 0; i < 10; i++) {
        console.log("<log " + n + " " + i + ">");
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
    });
    await using pool = new Pool({ workers: 2 });
    const map = pool.map(logs, Array.from({ length: 12 }, (_, n) => n), { progress: true, chunkSize: 1 });
    const ticker = setInterval(() => console.log("<main>"), 15);
    await map;
    clearInterval(ticker);
  `);
  assertEquals(code, 0, text.slice(-2_000));
  // From the first bar to the last item: a moment after each line, where it has not been replaced by the next one.
  const shown = text.slice(text.indexOf("\r["), text.lastIndexOf("<log"));
  const lines = [...shown.matchAll(/<(?:log \d+ \d|main)>\r?\n/g)];
  assert(lines.length > 50, text.slice(-2_000));
  const bare = lines.filter(({ index, 0: { length } }) => !/^\r\[#*-*\] /.test(shown.slice(index + length)));
  assertEquals(bare.map(({ index }) => shown.slice(index, index + 60)), []);
}, { ignore, deadline: 60_000 });

test("two maps at a time have a bar each, and each leaves its finished bar", async () => {
  const { code, text } = await runOnTerminal(`${HEAD}
    const job = (ms: number) => async (n: number) => (console.log("<job " + ms + " " + n + ">"), await pause(ms));
    const a = pooled([1, 2, 3, 4, 5], job(50), { concurrency: 1, progress: true });
    const b = pooled(new Set([1, 2, 3, 4, 5, 6]).values(), job(100), { concurrency: 1, progress: true });
    await Promise.all([a, b]);
    console.log("after");
  `);
  assertEquals(code, 0, text);
  const lines = render(text).filter((line) => !line.startsWith("<job"));
  assertEquals(lines.length, 4, text);
  assert(/^\[#+\] 5\/5 100% [\d.]+\/s 0:\d\d$/.test(lines[0]), lines[0]);
  assert(/^6 [\d.]+\/s 0:\d\d$/.test(lines[1]), lines[1]);
  assertEquals(lines.slice(2), ["after", ""]);
  // deno-lint-ignore no-control-regex -- what a terminal is controlled by
  assert(/\r\[#*-*\] \d\/5 [^\r]*\x1b\[K\r?\n\r\d [^\r]*\x1b\[K/.test(text), text);
}, { ignore });

test("a label is shown before the bar, and before the finished bar", async () => {
  const { code, text } = await runOnTerminal(`${HEAD}
    await pooled([1, 2, 3, 4], () => pause(80), { concurrency: 1, progress: true, label: "ページ" });
  `);
  assertEquals(code, 0, text);
  assert(/\rページ \[#+-+\] \d\/4/.test(text), text);
  assert(/^ページ \[#+\] 4\/4 100% /.test(render(text)[0]), text);
}, { ignore });

test("a bar fits a narrow terminal, and a failed map leaves the bar where it was", async () => {
  const { code, text } = await runOnTerminal(
    `${HEAD}
    await using pool = new Pool({ workers: 1 });
    const third = inline(async (n: number) => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      if (n === 2) throw new Error("boom");
    });
    const outcome = await pool.map(third, [0, 1, 2, 3], { progress: true, chunkSize: 1 }).then(() => "fine", String);
    console.log(outcome);
  `,
    { columns: 30 },
  );
  assertEquals(code, 0, text);
  const lines = render(text);
  assertEquals(lines.length, 3, text);
  assert(lines.every((line) => line.length < 30), Deno.inspect(lines));
  assert(/^3\/4 \(1 failed\) 75%/.test(lines[0]), lines[0]);
  assertEquals(lines.slice(1), ["Error: boom", ""]);
}, { ignore });

test("a console method that the script wraps while a bar is shown stays wrapped, and prints", async () => {
  const { code, text } = await runOnTerminal(`${HEAD}
    const { log } = console;
    const map = pooled([1, 2, 3, 4], () => pause(150), { concurrency: 1, progress: true });
    await pause(400);
    const guarded = console.log;
    if (guarded === log) throw new Error("the console is not guarded while a bar is shown");
    const theirs = (...args: unknown[]) => guarded("theirs", ...args);
    console.log = theirs;
    await map;
    if (console.log !== theirs) throw new Error("the wrapper was taken away");
    console.log("prints");
  `);
  assertEquals(code, 0, text);
  assertEquals(render(text).slice(1), ["theirs prints", ""]);
}, { ignore });

test("a bar does not keep alive a script whose map never ends", async () => {
  const { code, text } = await runOnTerminal(`${HEAD}
    pooled([1, 2], (n) => n === 1 ? undefined : new Promise(() => {}), { progress: true }).catch(() => {});
    await pause(300);
  `);
  assertEquals(code, 0, text);
  assert(/\[#+-+\] 1\/2 50%/.test(text), text);
}, { ignore });

test(
  "items with progress of their own have a line each, and the one that runs longest is named, with wide characters",
  async () => {
    const { code, text } = await runOnTerminal(
      `${HEAD}
    const steps = inline(async (name: string) => {
      const { context } = await import("@isopool/isopool/worker");
      for (let step = 1; step <= 15; step++) {
        context.progress(step, 15);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return name;
    });
    await using pool = new Pool({ workers: 2 });
    await pool.map(steps, ["图片.png", "b\\n.png"], { progress: true, chunkSize: 1 });
    console.log("after");
  `,
      { columns: 70 },
    );
    assertEquals(code, 0, text);
    assert(/ {2}items\[0\] "图片\.png" \[#+-*\] \d+\/15 \d+%/.test(text), text);
    assert(/ {2}items\[1\] "b\\n\.png" \[#+-*\] \d+\/15 \d+%/.test(text), text);
    assert(/ {2}longest: items\[\d\] "[^"]+" 0:0[12]/.test(text), text);
    const lines = render(text);
    assert(/^\[#+\] 2\/2 100% /.test(lines[0]), lines[0]);
    // The rows of the bars are cleared, and stay.
    assertEquals(lines.slice(1).join("\n").trimEnd(), "after");
  },
  { ignore },
);
