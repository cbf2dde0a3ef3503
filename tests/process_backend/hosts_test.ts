/** Workers on other hosts: two servers of OpenSSH on the loopback network. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { BrokenPoolError, inline, Pool, type PoolOptions, tasks, WorkerCrashedError } from "@isopool/isopool";
import { test, until } from "../support/within.ts";
import { childrenOf, descendantsOf, lives, own } from "./kit.ts";
import { moduleFolders, noHosts, SshHosts, WITH_DENO } from "./ssh.ts";

const sent = tasks<typeof import("./sent_modules/tasks.ts")>(import.meta.resolve("./sent_modules/tasks.ts"));
const ignore = noHosts();
const TWO = { one: WITH_DENO, two: WITH_DENO };

test(
  "tasks run on the hosts, as many as each takes, and their modules come from a folder there that is removed",
  async () => {
    await using hosts = await new SshHosts(TWO).start();
    const before = moduleFolders();
    {
      await using pool = new Pool({ backend: "process", hosts: ["2/one", "1/two"], ssh: hosts.ssh });
      assertEquals(pool.workers, 3);
      const found = await pool.broadcast(sent.whereAmI);
      const pids = found.map(({ pid }) => pid);
      assertEquals(pids.filter((pid) => hosts.get("one").processes.includes(pid)).length, 2);
      assertEquals(pids.filter((pid) => hosts.get("two").processes.includes(pid)).length, 1);
      for (const { urls, answer } of found) {
        assertEquals(answer, 42);
        assert(urls.every((url) => url.startsWith("file:///tmp/isopool-")), urls.join());
      }
      assertEquals(moduleFolders().length, before.length + 2);
    }
    await until(() => moduleFolders().length === before.length, "the folders are removed");
  },
  { ignore, deadline: 60_000 },
);

test(
  "hooks, permissions, the environment, bytes, prints and errors are those of a process on this machine",
  async () => {
    await using hosts = await new SshHosts(TWO).start();
    const shared = { backend: "process", hosts: ["1/one"], ssh: hosts.ssh } as const;
    {
      await using pool = new Pool({
        ...shared,
        initializer: sent.setUp,
        initArgs: [7],
        env: { A: "1" },
        cwd: "/usr",
      });
      assertEquals(await pool.submit(sent.state), 7);
      assertEquals(await pool.submit(own.surroundings), { env: { A: "1" }, cwd: "/usr" });
      const bytes = new Uint8Array(2 ** 20 + 1).map((_, i) => i);
      assertEquals(await pool.submit(own.echo, bytes), bytes);
      const error = await pool.submit(own.fail, "a reason").exception() as Error;
      assertEquals([error.name, error.message], ["RangeError", "a reason"]);
    }
    {
      await using pool = new Pool({ ...shared, permissions: "none" });
      assertEquals((await pool.submit(sent.whereAmI)).answer, 42);
      const denied = await pool.submit(inline(() => Deno.readTextFileSync("/etc/hostname"))).exception() as Error;
      assertEquals(denied.name, "NotCapable");
    }
  },
  { ignore, deadline: 60_000 },
);

test(
  "a host is killed in the middle: retry runs its calls elsewhere, and it is used again when it is back",
  async () => {
    await using hosts = await new SshHosts(TWO).start();
    const file = Deno.makeTempFileSync();
    {
      await using pool = new Pool({ backend: "process", hosts: ["2/one", "2/two"], ssh: hosts.ssh, retry: 2 });
      await pool.ready();
      const seen: number[] = [];
      const calls = Array.from({ length: 60 }, (_, id): [string, number, number] => [file, id, 50]);
      for await (const { id } of pool.starmap(sent.work, calls)) {
        seen.push(id);
        if (seen.length === 10) await hosts.get("two").kill();
      }
      assertEquals(seen, calls.map(([, id]) => id));
      assertEquals(pool.workers, 2);
      await hosts.get("two").start();
      await until(() => pool.workers === 4, "the host is tried again", 20_000);
      await pool.ready();
      const { length } = (await pool.broadcast(sent.whereAmI)).filter(({ pid }) =>
        hosts.get("two").processes.includes(pid)
      );
      assertEquals(length, 2);
    }
    Deno.removeSync(file);
  },
  { ignore, deadline: 90_000 },
);

test(
  "a host is killed in the middle, without retry: the calls that ran there are lost, name it, and run once",
  async () => {
    await using hosts = await new SshHosts(TWO).start();
    const file = Deno.makeTempFileSync();
    {
      await using pool = new Pool({ backend: "process", hosts: ["2/one", "2/two"], ssh: hosts.ssh });
      await pool.ready();
      const calls = Array.from({ length: 40 }, (_, id): [string, number, number] => [file, id, 50]);
      const lost: Error[] = [];
      let done = 0;
      for await (const outcome of pool.starmap(sent.work, calls, { onError: "settle" })) {
        if (outcome.status === "rejected") lost.push(outcome.reason as Error);
        else if (++done === 8) await hosts.get("two").kill();
      }
      assertEquals(done + lost.length, calls.length);
      assert(lost.length >= 1 && lost.length <= 2, `${lost.length} lost`);
      for (const error of lost) {
        assert(error instanceof WorkerCrashedError, String(error));
        assert(String(error.cause).includes("two"), String(error.cause));
      }
      const runs = Deno.readTextFileSync(file).trimEnd().split("\n");
      assertEquals(runs.length, new Set(runs).size);
    }
    Deno.removeSync(file);
  },
  { ignore, deadline: 60_000 },
);

test(
  "a host that cannot be reached takes nothing from the others; alone it breaks the pool, and the error names it",
  async () => {
    await using hosts = await new SshHosts(TWO).start();
    await hosts.get("two").kill();
    {
      await using pool = new Pool({ backend: "process", hosts: ["1/one", "1/two"], ssh: hosts.ssh });
      const found = await pool.starmap(sent.whereAmI, [[], [], [], []]);
      assert(found.every(({ pid }) => hosts.get("one").processes.includes(pid)));
    }
    const pool = new Pool({ backend: "process", hosts: ["1/two"], ssh: hosts.ssh });
    const error = await pool.submit(sent.whereAmI).exception() as BrokenPoolError;
    assert(error instanceof BrokenPoolError, String(error));
    assert(/host two: .*refused/.test(String(error.cause)), String(error.cause));
    await pool.terminate();
  },
  { ignore, deadline: 60_000 },
);

test("Deno is missing on a host: the error names the host and what to install", async () => {
  const bin = Deno.makeTempDirSync();
  for (const name of ["sh", "env"]) Deno.symlinkSync(`/usr/bin/${name}`, `${bin}/${name}`);
  {
    await using hosts = await new SshHosts({ bare: bin }).start();
    const pool = new Pool({ backend: "process", hosts: ["1/bare"], ssh: hosts.ssh });
    const error = await pool.submit(sent.whereAmI).exception() as BrokenPoolError;
    assert(/host bare: .*install Deno/.test(String(error.cause)), String(error.cause));
    await pool.terminate();
  }
  Deno.removeSync(bin, { recursive: true });
}, { ignore, deadline: 60_000 });

test(
  "the connections die, or a task is stopped: what runs on the host ends, and the folder is removed: bound 10 s",
  async () => {
    await using hosts = await new SshHosts(TWO).start();
    const before = moduleFolders();
    const pool = new Pool({ backend: "process", hosts: ["1/one"], ssh: hosts.ssh, killGrace: 10 });
    for await (const _ of pool.stream(own.spinBesideAfterItem)) {
      const worker = hosts.get("one").processes;
      assert(worker.length > 2, `${worker}`);
      const clients = descendantsOf(Deno.pid).filter((pid) => commandOf(pid) === "ssh");
      assertEquals(clients.length, 2);
      for (const pid of clients) Deno.kill(pid, "SIGKILL");
      await until(() => !worker.some(lives), () => `gone: ${worker.filter(lives)}`);
      break;
    }
    await until(() => moduleFolders().length === before.length, "the folder is removed");
    // The pool connects again.
    for await (const _ of pool.stream(own.spinBesideAfterItem)) {
      const worker = hosts.get("one").processes;
      void pool.terminate();
      await until(() => !worker.some(lives), () => `gone: ${worker.filter(lives)}`);
      break;
    }
    await until(() => moduleFolders().length === before.length, "the folder is removed");
  },
  { ignore, deadline: 60_000 },
);

test("a host without a number has a worker for each of its cores; workers limits all hosts together", async () => {
  await using hosts = await new SshHosts(TWO).start();
  await using pool = new Pool({ backend: "process", hosts: ["one"], ssh: hosts.ssh });
  assertEquals(pool.workers, 1);
  await pool.submit(sent.whereAmI);
  assertEquals(pool.workers, navigator.hardwareConcurrency);
  await using few = new Pool({ backend: "process", hosts: ["5/one", "5/two"], ssh: hosts.ssh, workers: 3 });
  assertEquals(few.workers, 3);
}, { ignore, deadline: 60_000 });

test("localhost and : are this machine, without ssh", async () => {
  await using pool = new Pool({ backend: "process", hosts: ["1/localhost", "1/:"] });
  const found = await pool.broadcast(inline(() => Deno.pid));
  assert(found.every((pid) => childrenOf(Deno.pid).includes(pid)));
}, { ignore });

test("hosts, ssh: bad values, and other backends", async () => {
  const bad: unknown[] = [[], "one", [""], ["-oProxyCommand=x"], ["0/one"], ["a b"], [1], ["1/"]];
  for (const hosts of bad) {
    assertThrows(() => new Pool({ backend: "process", hosts } as PoolOptions), TypeError, "`hosts`");
  }
  assertThrows(() => new Pool({ backend: "process", ssh: ["-p", "1"] }), TypeError, "`ssh`");
  assertThrows(
    () => new Pool({ backend: "process", hosts: ["a"], ssh: [1] } as unknown as PoolOptions),
    TypeError,
    "ssh",
  );
  assertThrows(() => new Pool({ backend: "worker", hosts: ["a"] }), TypeError, 'backend "process"');
  await Promise.resolve();
});

function commandOf(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/comm`).trim();
  } catch {
    return "";
  }
}
