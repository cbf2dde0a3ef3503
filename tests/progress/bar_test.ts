import { assert, assertEquals } from "@std/assert";
import { drawBar, drawLine } from "../../lib/progress/bar.ts";

const state = (done: number, total?: number, failed = 0) => ({ done, failed, total });

Deno.test("a bar shows the count, the rate and the remaining time", () => {
  assertEquals(drawBar(state(50, 100), 4_000, 39), "[######------] 50/100 50% 13/s ETA 0:04");
  assertEquals(drawBar(state(0, 100), 0, 24), "[-------------] 0/100 0%");
  assertEquals(drawBar(state(100, 100), 8_000, 40, true), "[###############] 100/100 100% 13/s 0:08");
  assertEquals(drawBar(state(3, 10, 2), 1_000, 50), "[###----------] 3/10 (2 failed) 30% 3.0/s ETA 0:02");
  assertEquals(drawLine(state(3, 10, 2), 1_000), "3/10 (2 failed) 30% 3.0/s ETA 0:02");
});

Deno.test("without a total it shows the count, the rate and the elapsed time", () => {
  assertEquals(drawBar(state(50), 4_000, 80), "50 13/s 0:04");
  assertEquals(drawBar(state(0), 0, 80), "0 0:00");
});

Deno.test("a bar is full and shows 100% only when all items are done", () => {
  assert(drawBar(state(999_999, 1_000_000), 1_000, 200).includes("#-] 999999/1000000 99% "));
  assert(drawBar(state(1_000_000, 1_000_000), 1_000, 200).includes("##] 1000000/1000000 100% "));
});

Deno.test("a total of 0 is done; more items than the total are shown as they are", () => {
  assertEquals(drawLine(state(0, 0), 0, true), "0/0 100% 0:00");
  assertEquals(drawBar(state(12, 10), 1_000, 30), "[############] 12/10 100% 12/s");
  assert(!drawBar(state(12, 10), 1_000, 80).includes("ETA"));
});

Deno.test("long times and high rates stay short", () => {
  assertEquals(drawLine(state(1, 100_000), 1_000), "1/100000 0% 1.0/s ETA 27:46:39");
  assertEquals(drawLine(state(1, 1e9), 1_000), "1/1000000000 0% 1.0/s ETA >99h");
  assertEquals(
    drawLine(state(2_000_000, 4_000_000), 60_000),
    "2000000/4000000 50% 33k/s ETA 1:00",
  );
  assertEquals(drawLine(state(3_600, 7_200), 3_600_000), "3600/7200 50% 1.0/s ETA 1:00:00");
});

Deno.test("a narrow bar leaves out parts, the bar itself first and the count last", () => {
  const widths = [40, 26, 20, 13, 7, 6, 3, 1];
  assertEquals(widths.map((width) => drawBar(state(50, 100), 4_000, width)), [
    "[######-------] 50/100 50% 13/s ETA 0:04",
    "50/100 50% 13/s ETA 0:04",
    "50/100 50% 13/s",
    "50/100 50%",
    "50/100",
    "50/100",
    "50/",
    "5",
  ]);
});

Deno.test("a label stands before the bar and the line, and takes half of the columns at most", () => {
  assertEquals(drawBar(state(50, 100), 4_000, 45, false, "pages"), "pages [######------] 50/100 50% 13/s ETA 0:04");
  assertEquals(drawLine(state(3, 10), 1_000, false, "pages"), "pages 3/10 30% 3.0/s ETA 0:02");
  assertEquals(drawBar(state(50, 100), 4_000, 20, false, "a very long label"), "a very lo 50/100 50%");
  assertEquals(drawBar(state(50, 100), 4_000, 3, false, "label"), "50/");
});

Deno.test("a label of wide characters, emoji or accents keeps the bar within its columns", () => {
  const labels: [string, number][] = [
    ["ページ", 6],
    ["데이터", 6],
    ["👩‍👩‍👧", 2],
    ["❤️", 2],
    ["été", 3],
    ["e\u0301te\u0301", 3],
    ["Ж", 1],
  ];
  for (const [label, columns] of labels) {
    const bar = drawBar(state(50, 100), 4_000, 60, false, label);
    const [, rest] = /^.* (\[.*)$/u.exec(bar)!;
    assertEquals([label, bar.startsWith(`${label} [`), rest.length], [label, true, 60 - columns - 1]);
  }
  // Half of a wide character is not shown.
  assertEquals(drawBar(state(5, 10), 1_000, 8, false, "ページ"), "ペ 5/10");
});

Deno.test("with any numbers, a bar is one line within its width, and uses the available columns", () => {
  const numbers = [0, 1, 9, 99, 12_345, 2 ** 31, Number.MAX_SAFE_INTEGER, 1e300];
  let drawn = 0;
  for (let width = 1; width <= 200; width++) {
    for (const total of [undefined, ...numbers]) {
      for (const done of numbers) {
        for (const elapsed of [0, 0.001, 1, 1e3, 1e9, 1e15]) {
          for (const failed of [0, done]) {
            const text = drawBar({ done, failed, total }, elapsed, width, elapsed === 1e3);
            drawn++;
            assert(text.length >= 1 && text.length <= width, `${text.length} columns of ${width}: ${text}`);
            if (!/^[\x20-\x7e]+$/.test(text) || /NaN|Infinity|undefined/.test(text)) throw new Error(text);
          }
        }
      }
    }
  }
  assertEquals(drawn, 200 * 9 * 8 * 6 * 2);
});
