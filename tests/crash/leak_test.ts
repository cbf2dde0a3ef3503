/**
 * A forced stop leaks nothing: 1,000 stops in a process of its own, after 100 to warm up. The test takes three minutes and
 * needs an idle machine, so tests/run.ts runs it on demand only. `deno task soak:leaks` makes 10,000.
 * With 400 stops, the eight samples of memory give slopes from 9 to 42 KB for the same code.
 */
import { assert, assertEquals } from "@std/assert";
import type { Report } from "../../bench/soak/leaks.ts";
import { onLinux } from "../support/proc.ts";
import { test } from "../support/within.ts";

const ROOT = new URL("../../", import.meta.url);
const KILLS = 1_000;

test(
  `${KILLS} forced stops: less than 20 KB each; threads, descriptors, ports, Web Locks as before`,
  async () => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-check",
        "--no-lock",
        "--v8-flags=--expose-gc",
        "--import-map=npm.import_map.json",
        "-A",
        "bench/soak/leaks.ts",
        String(KILLS),
      ],
      cwd: ROOT,
      signal: AbortSignal.timeout(230_000),
    }).output();
    assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
    const { kills, others, before, after, slope }: Report = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals([kills, others], [KILLS, []]);
    // The runtime starts and ends threads of its own for blocking work.
    assert(after.threads <= before.threads, `${after.threads} threads, ${before.threads} before`);
    assertEquals({ ...after, threads: 0 }, { ...before, threads: 0 });
    // 9 to 13 KB on an idle machine, after garbage collection.
    assert(slope < 20_000, `each kill adds ${slope} bytes`);
  },
  {
    ignore: !onLinux,
    deadline: 240_000,
  },
);
