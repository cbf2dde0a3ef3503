import { assert, assertEquals } from "@std/assert";
import { inline, Pool } from "@isopool/isopool";
import { traceHtml } from "@isopool/isopool/trace";
import { noBrowser, Page } from "../support/browser.ts";
import { test } from "../support/within.ts";

/** A folder for screenshots, if you want to see the page. */
const SHOTS = Deno.env.get("ISOPOOL_SCREENSHOTS");

const spin = inline(function spin(ms: number, text: string) {
  const end = performance.now() + ms;
  while (performance.now() < end);
  if (ms === 7) throw new Error("seven </script><b>");
  return text;
});
const forever = inline(function forever() {
  for (;;);
});

interface Lane {
  name: string;
  calls: { start: number; end: number; outcome: number; item: string; error: string | null; sent: number | null }[];
}

async function makePage(folder: string): Promise<string> {
  {
    await using pool = new Pool({ workers: 2, name: "pictures", killGrace: 100 });
    await using _trace = await pool.trace(`${folder}/trace.json`);
    const items = Array.from({ length: 60 }, (_, n) => [n % 10, "图片 <img>"] as [number, string]);
    await pool.starmap(spin, items, { onError: "settle" });
    await Promise.all(Array.from({ length: 8 }, () => pool.submit(spin, 20, "one")));
    await pool.submit(forever.with({ timeout: 50 })).exception();
  }
  assertEquals(await traceHtml(`${folder}/trace.json`, `${folder}/trace.html`), 60 + 8 + 1);
  return new URL(`file://${folder}/trace.html`).href;
}

test(
  "in a browser, the page of a trace shows lanes, gaps, failures and kills, zooms, and says what a call did",
  async () => {
    const folder = await Deno.makeTempDir();
    try {
      await using page = await Page.open(await makePage(folder));
      await page.until("globalThis.isopoolTrace");
      if (SHOTS) await page.screenshot(`${SHOTS}/trace.png`);
      const lanes = await page.evaluate<Lane[]>("isopoolTrace.lanes");
      assertEquals(lanes.flatMap(({ calls }) => calls).length, 60 + 8 + 1);
      assert(lanes.length >= 2 && lanes.every(({ name }) => /^worker \d+$/.test(name)));
      const failed = lanes.flatMap(({ calls }) => calls).filter(({ outcome }) => outcome === 1);
      // Six of 7 ms, and the one that was stopped.
      assertEquals(failed.length, 7);
      assertEquals(failed.filter(({ item }) => item === '7, "图片 <img>"').length, 6);
      assert(failed.some(({ error }) => error === "Error: seven </script><b>"));
      const marks = await page.evaluate<[number, number, string][]>("isopoolTrace.marks");
      assertEquals(marks.filter(([, , name]) => name === "killed").length, 1);
      assertEquals(await page.evaluate("document.querySelector('h1').textContent"), "pictures");

      // Zoom by the wheel around the mouse, then everything again.
      const span = () => page.evaluate<number>("isopoolTrace.view.to - isopoolTrace.view.from");
      const all = await span();
      for (let i = 0; i < 5; i++) await page.mouse("mouseWheel", 600, 200, -100);
      await page.until(`isopoolTrace.view.to - isopoolTrace.view.from < ${all * 0.5}`);
      await page.evaluate("document.getElementById('all').click()");
      assertEquals(await span(), all);

      // The mouse over the longest call.
      // The layout of trace_view.ts: labels of 150 px, axis 22, counters 54, lanes of 26.
      const [x, y] = await page.evaluate<[number, number]>(`(() => {
      const { lanes, view } = isopoolTrace;
      const all = lanes.flatMap((lane, at) => lane.calls.map((call) => ({ at, call })));
      const { at, call } = all.sort((a, b) => (b.call.end - b.call.start) - (a.call.end - a.call.start))[0];
      const box = document.getElementById("view").getBoundingClientRect();
      const time = (call.start + call.end) / 2;
      return [
        150 + (time - view.from) / (view.to - view.from) * (box.width - 150),
        box.top + 22 + 54 + at * 26 + 13,
      ];
    })()`);
      await page.mouse("mouseMoved", x, y);
      await page.until("document.getElementById('tip').style.display === 'block'");
      const tip = await page.evaluate<string>("document.getElementById('tip').textContent");
      assert(tip.startsWith("forever()") && tip.includes("rejected after") && tip.includes("TaskTimeoutError"), tip);

      // A failed call has the colour of failures: count its pixels.
      await page.evaluate(`(() => {
      const select = document.getElementById("color");
      select.value = "outcome";
      select.dispatchEvent(new Event("change"));
    })()`);
      const red = await page.evaluate<number>(`(() => {
      const canvas = document.getElementById("view");
      const { data } = canvas.getContext("2d").getImageData(0, 80, canvas.width, canvas.height - 80);
      let count = 0;
      for (let i = 0; i < data.length; i += 4) if (data[i] === 0xd6 && data[i + 1] === 0x45 && data[i + 2] === 0x45) count++;
      return count;
    })()`);
      assert(red > 100, `${red} red pixels`);
      if (SHOTS) await page.screenshot(`${SHOTS}/trace-outcome.png`);
      assertEquals(page.errors, []);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
  { deadline: 120_000, ignore: noBrowser },
);
