/**
 * Nonsense in the memory of queues and pipes, written by a task.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { IsopoolError, Pool, Queue, tasks } from "@isopool/isopool";
import { BRAND } from "../../lib/shared/handle.ts";
import { decode, encode } from "../../lib/shared/revive.ts";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";
import { LONG } from "../support/rounds.ts";

const SCRIPT = import.meta.resolve("./corrupt_memory_script.ts");

/** Runs the script; `ids` is how many rounds make locks look as if a living thread had them. */
async function run(rounds: number, ids: number): Promise<{ seed: number; longest: number; peak: number }> {
  const seed = Number(Deno.env.get("ISOPOOL_SEED") ?? (LONG ? Date.now() % 1e6 : 1));
  const ended = await runScript(`import ${JSON.stringify(SCRIPT)};`, {
    args: [rounds, seed, ids].map(String),
    deadline: 600_000,
  });
  assertEquals([ended.code, ended.late], [0, false], `seed ${seed}: ${ended.stderr}`);
  const { problems, longest, peak } = JSON.parse(ended.stdout.trim().split("\n").at(-1)!);
  assertEquals(problems, []);
  return { seed, longest, peak };
}

test(
  "nonsense in the memory of queues and pipes: each call of main ends within 15 s, timers pause for 15 s at most, 1 GiB is enough",
  async () => {
    const { seed, longest, peak } = await run(LONG ? 600 : 30, 0);
    assert(longest < 15_000, `seed ${seed}: timers paused for ${longest} ms`);
    assert(peak < 1024, `seed ${seed}: ${peak} MiB`);
  },
  { deadline: 600_000 },
);

test("locks that seem to be held by a living thread: each call of main ends within 15 s", async () => {
  await run(0, LONG ? 10 : 1);
}, { deadline: 600_000 });

test("the error for corrupt memory says so, and what to do", async () => {
  const queue = new Queue<number>();
  queue.tryPut(1);
  await using pool = new Pool(1);
  const { corrupt } = tasks<typeof import("./corrupt_memory_tasks.ts")>(
    import.meta.resolve("./corrupt_memory_tasks.ts"),
  );
  // The position of the next item to take, behind the position of the next item to put.
  await pool.submit(corrupt, queue, 0, 2 << 1);
  assertThrows(
    () => queue.tryGet(),
    IsopoolError,
    "Cannot get from Queue: the shared memory of this object is corrupt: some code has written into it, so use a new object",
  );
});

test("a handle whose memory no queue can have is refused where it arrives", () => {
  const { control, pages, owners, maxSize } = new Queue()[BRAND]().memory as Record<string, SharedArrayBuffer>;
  for (
    const memory of [
      undefined,
      {},
      { control: new SharedArrayBuffer(16), pages, owners, maxSize },
      { control: new ArrayBuffer(control.byteLength), pages, owners, maxSize },
      { control, pages: new SharedArrayBuffer(16), owners, maxSize },
      { control, pages, owners: new SharedArrayBuffer(0), maxSize },
      { control, pages, owners, maxSize: 0 },
      { control, pages, owners, maxSize: 2 ** 31 },
      { control, pages, owners, maxSize: 1.5 },
    ]
  ) {
    const message = structuredClone(encode(new Queue())) as {
      value: Record<string, { memory: unknown }>;
      handles: boolean;
    };
    message.value["isopool:shared"].memory = memory;
    assertThrows(() => decode(message), IsopoolError, "is corrupt");
  }
});
