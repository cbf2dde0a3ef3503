/**
 * A few rounds of the fault harness on each backend: `deno task soak:faults` runs as many as you like. A round that
 * fails prints the command that replays it.
 */
import { assertEquals } from "@std/assert";
import { soak } from "../../bench/soak/faults/main.ts";
import { BACKEND_KINDS } from "../../bench/soak/faults/plan.ts";
import { onLinux } from "../support/proc.ts";
import { noRedis } from "../support/redis.ts";
import { test } from "../support/within.ts";

/** A round of work among faults, and a program that a signal ends. */
const FIXED = { seed: 8, rounds: 2 };
/** A random seed: each run of the tests tries new faults. */
const FRESH = { seed: Math.floor(Math.random() * 1e6), rounds: 1 };

for (const backend of BACKEND_KINDS) {
  const ignore = !onLinux || (backend === "cluster" && (noRedis ?? false));
  for (const { seed, rounds } of [FIXED, FRESH]) {
    const which = seed === FIXED.seed ? `seed ${seed}` : "a fresh seed";
    test(`${backend}: mixed work among faults, ${which} (bound: 300 s)`, async () => {
      console.log(`seed ${seed}`);
      assertEquals((await soak(backend, seed, rounds)).failures, 0);
    }, { deadline: 300_000, ignore });
  }
}
