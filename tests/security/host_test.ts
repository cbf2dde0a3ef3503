/** What hostile tasks on backend "process" do to the host: they lose their own worker, and nothing else happens. */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { Pool, tasks, TaskTimeoutError, WorkerCrashedError } from "@isopool/isopool";
import { Mutator } from "../../bench/soak/frames.ts";
import { encodeFrame } from "../../lib/protocol/frames.ts";
import { childrenOf, lives } from "../process_backend/kit.ts";
import { onLinux } from "../support/proc.ts";
import { runScript } from "../support/script.ts";
import { rounds } from "../support/rounds.ts";
import { test, until } from "../support/within.ts";
import { ends, values } from "./host_tasks.ts";

const own = tasks<typeof import("./host_tasks.ts")>(import.meta.resolve("./host_tasks.ts"));
const LINUX = { ignore: !onLinux, deadline: 120_000 };
const SEED = Number(Deno.env.get("ISOPOOL_SEED") ?? crypto.getRandomValues(new Uint32Array(1))[0]);

const OPTIONS = {
  backend: "process",
  workers: 1,
  permissions: "none",
  timeout: 3_000,
  killGrace: 0,
  maxOutput: 1_000_000,
} as const;

function hostilePool(options: { maxTasksPerWorker?: number } = {}): Pool<"process"> {
  return new Pool({ ...OPTIONS, ...options });
}

/** Checks that nothing of the host has changed. */
function checkHost(): void {
  assertEquals(({} as { polluted?: unknown }).polluted, undefined);
  assertEquals(([] as { trap?: unknown }).trap, undefined);
}

for (const name of ends) {
  // What it prints without end must not be seen here.
  test(`a task that ${name}: the call fails, its process ends, and the next call runs`, async () => {
    const { stdout, stderr, code } = await runScript(
      `
      import { Pool, tasks } from "@isopool/isopool";
      const own = tasks(${JSON.stringify(import.meta.resolve("./host_tasks.ts"))});
      const pool = new Pool(${JSON.stringify(OPTIONS)});
      const error = await pool.submit(own.end, ${JSON.stringify(name)}).exception();
      const next = await pool.submit(own.findTraps);
      await pool.shutdown();
      console.log("\\n" + JSON.stringify([error?.name, next]));
      Deno.exit(0);`,
      { deadline: 60_000 },
    );
    const [error, next] = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
    // A task that only breaks its own runtime, or what its worker does not use, may come back without an error.
    const mayReturn = ["takes away what its runtime uses", "closes its streams and descriptors"].includes(name);
    const expected = [WorkerCrashedError.name, TaskTimeoutError.name, ...mayReturn ? [null] : []];
    assert(expected.includes(error), `${error} ${stderr}`);
    assertEquals([code, next.length], [0, 2]);
  }, LINUX);
}

for (const way of ["giveValue", "throwValue"] as const) {
  test(
    `${values.length} values that deceive, ${way === "giveValue" ? "returned" : "thrown"}: the host reads data`,
    async () => {
      await using pool = hostilePool();
      for (const name of values) {
        const [{ status }] = await Promise.allSettled([pool.submit(own[way], name)]);
        assert(way === "giveValue" || status === "rejected", name);
        checkHost();
      }
      assertEquals((await pool.submit(own.findTraps)).length, 2);
    },
    LINUX,
  );
}

const FORGED = rounds(20, 60);

test(
  `${FORGED} forged messages and mutated frames (ISOPOOL_SEED=${SEED}): each costs its own worker at most, and settles no other call`,
  async () => {
    await using pool = hostilePool();
    await using other = hostilePool();
    const mutator = new Mutator(SEED);
    const kinds = ["result", "error", "item", "started", "waits", "progress", "ready", "failed", "exiting", "printed"];
    for (let n = 0; n < FORGED; n++) {
      const kind = kinds[n % kinds.length];
      const forged = {
        kind,
        seq: mutator.below(9) - 1,
        phase: "memory",
        value: "forged",
        thrown: null,
        now: -1,
        done: NaN,
      };
      const bytes = n % 2 === 0 ? mutator.bytes() : new Uint8Array(await new Blob(encodeFrame(forged)).arrayBuffer());
      const neighbour = n % 20 === 0 ? other.submit(own.forge, new Uint8Array()) : undefined;
      // It ends: by a death, or by a forged answer, which the task could have given as well.
      await pool.submit(own.forge, bytes).exception();
      if (neighbour) assertEquals(await neighbour, "came back");
      checkHost();
    }
    assertEquals((await pool.submit(own.findTraps)).length, 2);
  },
  LINUX,
);

test("lines that imitate the library's marks and reports are text, and stop nothing", async () => {
  const { stdout, stderr } = await runScript(`
    import { Pool, tasks } from "@isopool/isopool";
    const own = tasks(${JSON.stringify(import.meta.resolve("./host_tasks.ts"))});
    const pool = new Pool({ backend: "process", workers: 1, permissions: "none", cpuTime: 60_000, memoryLimit: 2 ** 28 });
    console.log(await pool.submit(own.imitate));
    await pool.shutdown();`);
  const lines = "isopool-\nisopool-00000000-0000-4000-8000-000000000000\nisopool- memory\n cpu 0\n";
  assertEquals([stdout, stderr], [`${lines}came back\n`, lines]);
}, LINUX);

test(
  "with maxTasksPerWorker 1 the next task finds nothing of an earlier one; without it, tasks share their worker",
  async () => {
    {
      await using pool = hostilePool({ maxTasksPerWorker: 1 });
      await pool.submit(own.setTraps);
      assertEquals(await pool.submit(own.findTraps), [undefined, undefined]);
    }
    await using pool = hostilePool();
    await pool.submit(own.setTraps);
    assertEquals(await pool.submit(own.findTraps), ["sprung", "sprung"]);
  },
  LINUX,
);

test(
  "the channel has no name: no socket of the worker has a path, and the host's is gone, with its folder",
  async () => {
    const folder = Deno.realPathSync(Deno.makeTempDirSync());
    const previous = Deno.env.get("TMPDIR");
    Deno.env.set("TMPDIR", folder);
    try {
      await using pool = hostilePool();
      await pool.submit(own.findTraps);
      const [pid] = childrenOf(Deno.pid);
      const links = [...Deno.readDirSync(`/proc/${pid}/fd`)].map(({ name }) => linkOf(`/proc/${pid}/fd/${name}`));
      const inodes = links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]).filter((inode) => inode !== undefined);
      assert(inodes.length >= 3, links.join());
      const sockets = Deno.readTextFileSync("/proc/net/unix").split("\n").map((line) => line.trim().split(/\s+/));
      for (const inode of inodes) assertEquals(sockets.find((fields) => fields[6] === inode)?.[7], undefined);
      assert(sockets.some((fields) => fields[7]?.startsWith(folder)), "the host had listened there");
      assertEquals([...Deno.readDirSync(folder)], []);
    } finally {
      if (previous === undefined) Deno.env.delete("TMPDIR");
      else Deno.env.set("TMPDIR", previous);
      Deno.removeSync(folder, { recursive: true });
    }
  },
  LINUX,
);

function linkOf(path: string): string {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return ""; // It was closed.
  }
}

test("a process that stands still (SIGSTOP) ends with a script that is killed: bound 2 s", async () => {
  const script = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      `--import-map=${new URL("../../npm.import_map.json", import.meta.url).href}`,
      "-A",
      `data:text/javascript,${
        encodeURIComponent(`
        import { Pool, tasks } from "@isopool/isopool";
        const own = tasks(${JSON.stringify(import.meta.resolve("./host_tasks.ts"))});
        const pool = new Pool({ backend: "process", workers: 1, permissions: "none" });
        await pool.submit(own.end, "stops itself");`)
      }`,
    ],
    stdin: "null",
  }).spawn();
  let pid = 0;
  await until(() => {
    pid = childrenOf(script.pid).find((each) => lives(each)) ?? 0;
    return pid !== 0 && /\) T /.test(Deno.readTextFileSync(`/proc/${pid}/stat`));
  }, "it stands still");
  script.kill("SIGKILL");
  await script.status;
  await until(() => !lives(pid), "it has ended", 2_000);
}, LINUX);

test("a call whose process kills itself fails with a WorkerCrashedError", async () => {
  await using pool = hostilePool();
  assertInstanceOf(await pool.submit(own.end, "kills itself").exception(), WorkerCrashedError);
}, LINUX);
