/** Bad input for every export: works as documented, or fails with a message of ours, and leaves nothing. */
import { assert, assertEquals } from "@std/assert";
import { test } from "../support/within.ts";
import { badInput } from "./all_exports.ts";

test("nonsense at a parameter or option of any export: one case in 50, by a seed (bound: 3 minutes)", async () => {
  // The same cases each time: `deno task bad-input` runs all of them.
  const seed = Number(Deno.env.get("ISOPOOL_SEED") ?? 1);
  const { cases, failures, exports } = await badInput(1 / 50, seed);
  assertEquals(failures, [], `ISOPOOL_SEED=${seed}`);
  assert(exports >= 50 && cases >= 200, `${cases} cases of ${exports} exports`);
}, { deadline: 180_000 });
