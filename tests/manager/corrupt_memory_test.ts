/**
 * Nonsense in the memory of a manager, written by a task.
 *
 * @module
 */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { IsopoolError, Manager, Pool, tasks } from "@isopool/isopool";
import { decode, encode } from "../../lib/shared/revive.ts";
import { runScript } from "../support/script.ts";
import { test, within } from "../support/within.ts";
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
  "nonsense in the memory of a manager: close ends every call within 15 s, timers pause for 15 s at most, 1 GiB is enough",
  async () => {
    const { seed, longest, peak } = await run(LONG ? 600 : 30, 0);
    assert(longest < 15_000, `seed ${seed}: timers paused for ${longest} ms`);
    assert(peak < 1024, `seed ${seed}: ${peak} MiB`);
  },
  { deadline: 600_000 },
);

test("locks of a manager that seem to be held by a living thread: close ends every call within 15 s", async () => {
  await run(0, LONG ? 10 : 1);
}, { deadline: 600_000 });

test("a manager whose inbox is corrupt rejects pending and later calls with an error that says so", async () => {
  using manager = new Manager();
  const list = manager.list([1]);
  await list.length();
  await using pool = new Pool(1);
  const { corrupt } = tasks<typeof import("./corrupt_memory_tasks.ts")>(
    import.meta.resolve("./corrupt_memory_tasks.ts"),
  );
  await pool.submit(corrupt, manager);
  const says = "the shared memory of this object is corrupt";
  await assertRejects(() => within(10_000, list.push(2)), IsopoolError, `Cannot call ListProxy.push(): ${says}`);
  await assertRejects(() => within(10_000, list.toArray()), IsopoolError, `Cannot call ListProxy.toArray(): ${says}`);
  assertThrows(() => manager.list(), IsopoolError, `Cannot make list: ${says}`);
});

test("a handle whose memory no manager can have is refused where it arrives", () => {
  using manager = new Manager();
  for (
    const memory of [undefined, {}, { name: "x", owner: 1 }, { name: 5, owner: 1 }, { name: "x", inbox: {}, owner: 1 }]
  ) {
    const message = structuredClone(encode(manager.list())) as {
      value: Record<string, { manager: unknown }>;
      handles: boolean;
    };
    message.value["isopool:shared"].manager = memory;
    assertThrows(() => decode(message), IsopoolError, "is corrupt");
  }
  return Promise.resolve();
});

test("a closed manager whose inbox looks full, and is collected, lets the script end", async () => {
  const ended = await runScript(
    `
    import { Manager } from "@isopool/isopool";
    import { BRAND } from ${JSON.stringify(import.meta.resolve("../../lib/shared/handle.ts"))};
    import { UNLIMITED } from ${JSON.stringify(import.meta.resolve("../../lib/queue/channel.ts"))};
    import { Control } from ${JSON.stringify(import.meta.resolve("../../lib/queue/control_layout.ts"))};

    let collected = false;
    const watch = new FinalizationRegistry(() => collected = true);
    async function useManager() {
      const manager = new Manager();
      await manager.list([1]).push(2);
      const { control } = manager[BRAND]().manager.inbox;
      manager.close();
      const words = new Int32Array(control);
      // As many unread records as can be, and not closed.
      words[Control.HEAD] = 0;
      words[Control.TAIL] = UNLIMITED << 1;
      watch.register(manager, undefined);
    }
    await useManager();
    // The client of the manager is collected with it, or soon after.
    for (let turns = 0, rest = 50; rest > 0 && turns < 10_000; turns++) {
      if (collected) rest--;
      gc();
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    console.log(collected ? "collected" : "not collected");
    `,
    { permissions: ["-A", "--v8-flags=--expose-gc"] },
  );
  assertEquals([ended.code, ended.stdout, ended.late], [0, "collected\n", false], ended.stderr);
});
