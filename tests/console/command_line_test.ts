/** The command line on a terminal: results, failures and what tasks print stand in whole lines above the bar. */
import { assert, assertEquals } from "@std/assert";
import { literal } from "../support/run_slowly.ts";
import { hasPty, render, runOnTerminal } from "../support/terminal.ts";
import { test } from "../support/within.ts";

const ignore = hasPty() ? false : "there is no pseudo-terminal";

test(
  "isopool map --progress: each result, failure and print is a line of its own, the finished bar is whole",
  async () => {
    const module = await Deno.makeTempFile({ prefix: "isopool-test-", suffix: ".ts" });
    try {
      await Deno.writeTextFile(
        module,
        `
        export async function odd(text: string): Promise<string> {
          await new Promise((resolve) => setTimeout(resolve, 60));
          console.log("<print " + text + ">");
          if (Number(text) % 5 === 0) throw new Error("five");
          return "r" + text;
        }
        `,
      );
      const { code, text } = await runOnTerminal(`
        import { main } from ${literal("lib/cli/main.ts")};
        const items = Array.from({ length: 40 }, (_, n) => String(n + 1));
        Deno.exit(await main(["map", ${JSON.stringify(module)}, "odd", "--progress", "-j", "2", ":::", ...items]));
      `);
      assertEquals(code, 8, text.slice(-2_000));
      const lines = render(text).filter((line) => line !== "");
      const bars = lines.filter((line) => line.startsWith("["));
      assertEquals(bars.length, 1, bars.join("\n"));
      assert(/^\[#+\] 40\/40 \(8 failed\) 100% [\d.]+\/s 0:\d\d$/.test(bars[0]), bars[0]);
      const others = lines.filter((line) => !line.startsWith("["));
      assertEquals(others.filter((line) => /^"r\d+"$/.test(line)).length, 32);
      assertEquals(others.filter((line) => /^isopool: item (\d+) \(\1\): Error: five$/.test(line)).length, 8);
      assertEquals(others.filter((line) => /^<print \d+>$/.test(line)).length, 40);
      assertEquals(others.filter((line) => /^ {4}at odd \(file:.*:5:\d+\)$/.test(line)).length, 8);
      assertEquals(others.length, 32 + 8 + 8 + 40, others.join("\n"));
      const drawn = text.match(/\r\[#*-*\] \d+\/40/g) ?? [];
      assert(drawn.length >= 3, `only ${drawn.length} bars were drawn`);
    } finally {
      await Deno.remove(module);
    }
  },
  { ignore, deadline: 60_000 },
);
