/**
 * Frames of a worker process, mutated at random and cut into pieces at random (bench/soak/frames.ts): the host's decoder
 * throws `FrameError` and nothing else, takes bounded memory and time, and reads intact frames afterwards.
 *
 * A failure prints the seed and the bytes. `ISOPOOL_SEED` repeats that run; `deno task soak:frames` makes a million frames.
 */
import { assert, assertEquals } from "@std/assert";
import { fuzz, INTACT, joined, MESSAGES, Mutator, TIME } from "../../bench/soak/frames.ts";
import { FrameReader } from "../../lib/protocol/frames.ts";
import { test } from "../support/within.ts";
import { rounds } from "../support/rounds.ts";

const FRAMES = rounds(15_000, 100_000);
const SEED = Number(Deno.env.get("ISOPOOL_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);

test(
  `${FRAMES} mutated frames: only FrameError, at most ${TIME} ms of processor time each, and less than twice the memory`,
  () => {
    const report = fuzz(FRAMES, SEED);
    const shown = JSON.stringify(report);
    console.log(`      ${shown}`);
    assert(report.refused > FRAMES / 10 && report.read > FRAMES / 10, shown);
    assert(report.most < 2 * report.before, shown);
    return Promise.resolve();
  },
  { deadline: 120_000 },
);

test("intact frames arrive equal, in pieces of any size, whose memory is used again at once", () => {
  const mutator = new Mutator(SEED);
  const all = joined(INTACT);
  for (let round = 0; round < 200; round++) {
    const seen: unknown[] = [];
    const reader = new FrameReader((message) => seen.push(message));
    for (let at = 0; at < all.length;) {
      const piece = all.slice(at, at += 1 + mutator.below(all.length / (1 + round)));
      reader.push(piece);
      piece.fill(0xff);
    }
    assert(!reader.isInside, `ISOPOOL_SEED=${SEED}`);
    assertEquals(seen, MESSAGES.map((message) => structuredClone(message)), `ISOPOOL_SEED=${SEED}`);
  }
  return Promise.resolve();
});
