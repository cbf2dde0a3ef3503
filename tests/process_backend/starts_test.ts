/** Worker processes that cannot start, or start as something else: typed errors, a pool that breaks after three, no hang. */
import { assert, assertEquals } from "@std/assert";
import { inline, Pool } from "@isopool/isopool";
import { onLinux } from "../support/proc.ts";
import { runScript } from "../support/script.ts";
import { MUST_HAPPEN, test, until, within } from "../support/within.ts";

const LINUX = { ignore: !onLinux, deadline: 120_000 };

/** Runs a pool whose runtime is a shell script. Returns what its first call failed with, and how many were started. */
async function withRuntime(text: string): Promise<{ error: string; cause: string; starts: number }> {
  const { stdout, stderr } = await runScript(
    `
    import { inline, Pool } from "@isopool/isopool";
    const path = new URL("runtime.sh", import.meta.url).pathname;
    Deno.chmodSync(path, 0o755);
    Deno.execPath = () => path;
    const pool = new Pool({ backend: "process", workers: 1 });
    let starts = 0;
    pool.addEventListener("workerexit", () => starts++);
    const error = await pool.submit(inline(() => 1)).exception();
    console.log(JSON.stringify({ error: error?.name ?? "none", cause: String(error?.cause), starts }));
    await pool.terminate();
    Deno.exit(0);`,
    { files: { "runtime.sh": `#!/bin/sh\n${text}` }, deadline: 60_000 },
  );
  const line = stdout.trimEnd().split("\n").at(-1) ?? "";
  assert(line.startsWith("{"), stdout + stderr);
  return JSON.parse(line);
}

test(
  "a runtime that prints garbage and ends: the error has its last words, and the third one breaks the pool",
  async () => {
    const { error, cause, starts } = await withRuntime("echo garbage; echo 'no such luck' >&2; exit 3");
    assertEquals([error, starts], ["BrokenPoolError", 3]);
    assert(cause.includes("Worker process did not start: no such luck"), cause);
  },
  LINUX,
);

test(
  "a runtime that writes garbage into the channel and stays: it is killed, and the third one breaks the pool",
  async () => {
    const { error, cause, starts } = await withRuntime("head -c 1000 /dev/zero >&4; exec sleep 1000");
    assertEquals([error, starts], ["BrokenPoolError", 3]);
    assert(cause.includes("no frame"), cause);
  },
  LINUX,
);

test("a runtime that ends at once and says nothing: the third one breaks the pool", async () => {
  const { error, cause, starts } = await withRuntime("exit 5");
  assertEquals([error, starts], ["BrokenPoolError", 3]);
  assert(cause.includes("code 5"), cause);
}, LINUX);

test("two bad starts do not break a pool: the third worker runs the call", async () => {
  const text = `
    echo x >> "$0.count"
    [ "$(wc -l < "$0.count")" -le 2 ] && exit 1
    exec ${Deno.execPath()} "$@"`;
  const { error, cause, starts } = await withRuntime(text);
  assertEquals([error, cause, starts], ["none", "undefined", 2]);
}, LINUX);

test(
  "no memory for its threads (RLIMIT_DATA): the worker's last words are in the error, and the pool breaks",
  async () => {
    const { error, cause, starts } = await withRuntime(`ulimit -d 100000; exec ${Deno.execPath()} "$@"`);
    assertEquals([error, starts], ["BrokenPoolError", 3]);
    assert(/did not start|heap was full|ended itself/.test(cause), cause);
  },
  LINUX,
);

/** A pool works; `refuse` takes away what a start needs; another pool fails, the first one goes on, `allow` gives it back. */
async function whileRefused(refuse: string, allow: string): Promise<Record<string, unknown> & { cause: string }> {
  const { stdout, stderr } = await runScript(
    `
    import { inline, Pool } from "@isopool/isopool";
    const add = inline((n: number) => n + 1);
    const open = () => new Pool({ backend: "process", workers: 1 });
    const first = open();
    await first.submit(add, 1);
    ${refuse}
    const second = open();
    const error = await second.submit(add, 1).exception();
    const still = await first.submit(add, 2);
    ${allow}
    const third = await open().submit(add, 3).exception();
    console.log(JSON.stringify({ error: error?.name, cause: String(error?.cause), still, third: String(third) }));
    Deno.exit(0);`,
    { deadline: 60_000 },
  );
  const line = stdout.trimEnd().split("\n").at(-1) ?? "";
  assert(line.startsWith("{"), stdout + stderr);
  return JSON.parse(line);
}

/** Where a group that limits the number of threads can be made, if this machine has one. */
const PIDS = ["/sys/fs/cgroup/pids", "/sys/fs/cgroup"].map((root) => `${root}/isopool-${Deno.pid}`).find((group) => {
  try {
    Deno.mkdirSync(group);
    return Deno.statSync(`${group}/pids.max`).isFile;
  } catch {
    return false;
  } finally {
    try {
      Deno.removeSync(group);
    } catch { /* It was not made. */ }
  }
});

test(
  "the system starts no process any more (EAGAIN): a typed error, pools that run go on, and later it works again",
  async () => {
    const group = PIDS!;
    Deno.mkdirSync(group);
    try {
      const { error, cause, still, third } = await whileRefused(
        `
      const group = ${JSON.stringify(group)};
      Deno.writeTextFileSync(group + "/cgroup.procs", String(Deno.pid));
      Deno.writeTextFileSync(group + "/pids.max", Deno.readTextFileSync(group + "/pids.current").trim());`,
        `Deno.writeTextFileSync(group + "/pids.max", "max");`,
      );
      assertEquals([error, still, third], ["BrokenPoolError", 3, "undefined"]);
      assert(/Cannot start worker process: .*temporarily unavailable/.test(cause), cause);
    } finally {
      await until(() => Deno.readTextFileSync(`${group}/cgroup.procs`) === "", "the group is empty");
      Deno.removeSync(group);
    }
  },
  { ignore: !onLinux || PIDS === undefined, deadline: 120_000 },
);

test("too few descriptors for the start of several workers: none is left open, and later it works again", async () => {
  const { code, stdout, stderr } = await runScript(
    `
    import { inline, Pool } from "@isopool/isopool";
    const call = inline(() => 1);
    const run = async () => {
      await using pool = new Pool({ backend: "process", workers: 4 });
      const calls = [1, 2, 3, 4].map(() => pool.submit(call).result().catch((error) => error.name));
      return (await Promise.all(calls)).join();
    };
    const count = () => [...Deno.readDirSync("/proc/self/fd")].length;
    const settled = async (most) => {
      for (let i = 0; count() > most && i < 500; i++) await new Promise((done) => setTimeout(done, 10));
      return count();
    };
    console.log(await run());
    // The runtime opens two descriptors for signals: now, or else at some time within a second.
    const ignore = () => {};
    Deno.addSignalListener("SIGUSR2", ignore);
    Deno.removeSignalListener("SIGUSR2", ignore);
    const before = count();
    for (let free = 1; free < 64; free += 3) {
      const opened = [];
      try {
        for (;;) opened.push(Deno.openSync("/dev/null"));
      } catch { /* That was the last one. */ }
      for (const file of opened.splice(0, free)) file.close();
      const outcome = await run();
      for (const file of opened) file.close();
      if (!/^(1|BrokenPoolError)(,1|,BrokenPoolError){3}$/.test(outcome)) console.log(free, outcome);
    }
    console.log(await settled(before) - before, await run());`,
    { shell: "ulimit -n 160", deadline: 60_000 },
  );
  assertEquals([code, stdout, stderr], [0, "1,1,1,1\n0 1,1,1,1\n", ""]);
}, { ignore: !onLinux, deadline: 60_000 });

test("a stdout that takes no more (ENOSPC): what tasks print is lost, what they return is not", async () => {
  const { code, stderr } = await runScript(
    `
    import { inline, Pool } from "@isopool/isopool";
    const child = new Deno.Command("sh", {
      args: ["-c", 'exec "$0" "$@" > /dev/full', Deno.execPath(), "run", "-A", "--no-check", ...Deno.args, import.meta.resolve("./inner.ts")],
      stdin: "null",
      stderr: "piped",
    });
    const { code, stderr } = await child.output();
    console.error(new TextDecoder().decode(stderr));
    Deno.exit(code);`,
    {
      args: [`--import-map=${import.meta.resolve("../../npm.import_map.json")}`],
      files: {
        "inner.ts": `
          import { inline, Pool } from "@isopool/isopool";
          await using pool = new Pool({ backend: "process", workers: 1 });
          const results = await pool.map(inline((n: number) => { console.log("line", n); return n; }), [1, 2, 3]);
          Deno.exit(results.join() === "1,2,3" ? 7 : 1);`,
      },
      deadline: 60_000,
    },
  );
  assertEquals(code, 7, stderr);
}, LINUX);

test("settings larger than a pipe reach a worker whole, before its first call", async () => {
  const keep = inline((text: string, bytes: Uint8Array) => {
    Object.assign(globalThis, { kept: [text, bytes] });
  });
  const kept = inline(() => (globalThis as unknown as { kept: [string, Uint8Array] }).kept);
  // A pipe holds 64 KiB; what is larger than 256 KiB is written in pieces.
  for (const size of [2 ** 16, 2 ** 20]) {
    const sent: [string, Uint8Array] = ["x".repeat(size) + "end", Uint8Array.from({ length: size }, (_, i) => i)];
    await using pool = new Pool({ backend: "process", workers: 2, initializer: keep, initArgs: sent });
    assertEquals(await within(MUST_HAPPEN, pool.broadcast(kept)), [sent, sent]);
  }
}, LINUX);
