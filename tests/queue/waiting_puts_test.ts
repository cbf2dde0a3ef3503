import { assertEquals } from "@std/assert";
import { Pool, Queue } from "@isopool/isopool";
import { messages } from "../fixtures/views.ts";
import { leavesNothing } from "../support/leaks.ts";
import { test, within } from "../support/within.ts";

const ITEMS = 400;

// A put that had slept on the lock of the producers slept behind later puts of its thread, which wait for it: one run in
// six hung.
test("400 waiting puts of each of two threads end, in 15 runs (bound: 60 s)", async () => {
  await using pool = new Pool(4);
  for (let run = 0; run < 15; run++) {
    const queue = new Queue<number>({ maxSize: 7 });
    const taken = [0, 1].map(() => pool.submit(messages.takeAll, queue));
    const puts = [0, 1].map((i) => pool.submit(messages.putAll, queue, i * ITEMS, ITEMS));
    await within(30_000, Promise.all(puts), `the puts of run ${run}`);
    queue.close();
    assertEquals((await Promise.all(taken)).flat().length, 2 * ITEMS);
  }
}, { deadline: 60_000 });

leavesNothing();
