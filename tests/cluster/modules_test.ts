/** Local modules of tasks, which pools send to worker hosts through Redis. */
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { Redis } from "ioredis";
import { inline, Pool, type PoolOptions, type Task, TaskLoadError, tasks } from "@isopool/isopool";
import { cluster, ClusterError, type ClusterOptions, serveWorker } from "@isopool/isopool/cluster";
import { AllowedModules } from "../../lib/cluster/allowed_modules.ts";
import { HostTasks } from "../../lib/cluster/host_tasks.ts";
import { ModuleFolder } from "../../lib/cluster/module_folder.ts";
import { pack } from "../../lib/cluster/pack.ts";
import { contentHash, contentKey } from "../../lib/cluster/sent_modules.ts";
import { TestHost } from "../support/cluster_host.ts";
import { expectError } from "../support/expect.ts";
import { TestRedis } from "../support/redis.ts";
import { MUST_HAPPEN, until, within } from "../support/within.ts";
import { test } from "./kit.ts";

/** What the tasks of {@linkcode Project} are. */
interface Tasks {
  where(n: number): { sum: number; url: string; state: unknown };
  setUp(value: number): void;
  fail(): never;
}

/** A folder with a task module that imports others: one by its path, one by the import map. */
class Project implements AsyncDisposable {
  readonly folder: string = Deno.makeTempDirSync({ prefix: "isopool-test-project-" });

  constructor(plus = 1) {
    Deno.mkdirSync(`${this.folder}/parts`);
    Deno.writeTextFileSync(
      `${this.folder}/tasks.ts`,
      `import { context } from "@isopool/isopool/worker";
       import { plus, state } from "./parts/plus.ts";
       export { setUp } from "./parts/plus.ts";
       export const where = (n: number) => ({ sum: plus(n) + 0 * context.attempt, url: import.meta.url, state });
       export function fail(): never { throw new RangeError("bad"); }`,
    );
    Deno.writeTextFileSync(
      `${this.folder}/parts/plus.ts`,
      `export let state: unknown;
       export const setUp = (value: number) => { state = value; };
       export const plus = (n: number): number => n + ${plus};`,
    );
  }

  get url(): string {
    return `file://${this.folder}/tasks.ts`;
  }

  get tasks() {
    return tasks<Tasks>(this.url);
  }

  async remove(): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (await exists(this.folder)) await this.remove();
  }
}

const exists = (path: string | URL): Promise<boolean> => Deno.stat(path).then(() => true, () => false);

/** Returns the folder of the host that has a module. */
function hostFolder(url: string): string {
  const folder = /^.*\/isopool-host-\w+/.exec(new URL(url).pathname)?.[0];
  if (!folder) throw new Error(`not in the folder of a host: ${url}`);
  return folder;
}

const poolOn = (options: ClusterOptions, more: Omit<PoolOptions, "backend"> = {}) =>
  new Pool({ ...more, backend: cluster(options) });

async function keysOf(client: Redis, text: string): Promise<string[]> {
  return (await client.keys("*")).filter((key) => key.includes(text));
}

test("a local module and what it imports reach a host that cannot read them", async () => {
  await using redis = await TestRedis.start();
  await using project = new Project();
  const options = { redis: redis.address, queue: "sent" };
  await using pool = poolOn(options);
  const { where, fail } = project.tasks;
  const first = pool.submit(where, 41);
  const failure = pool.submit(fail).exception();
  const client = new Redis(`${redis.folder}/redis.sock`);
  await until(async () => (await keysOf(client, ":prioritized")).length > 0, "the calls are in Redis");
  const lives = await Promise.all((await keysOf(client, ":content:")).map((key) => client.ttl(key)));
  // Two files and a manifest, for a day.
  assert(lives.length >= 3 && lives.every((ttl) => ttl > 80_000 && ttl <= 86_400), String(lives));
  client.disconnect();
  await project.remove();
  const host = await TestHost.start({ ...options, concurrency: 1 }, ["-A"], "/");
  const { sum, url } = await within(MUST_HAPPEN, first);
  assertEquals(sum, 42);
  assertMatch(url, /\/isopool-host-\w+\/[0-9a-f]{64}\/.*tasks\.ts$/);
  assert(await exists(new URL(url)));
  const error = expectError(await within(MUST_HAPPEN, failure), RangeError);
  assertStringIncludes(error.stack!, `${project.url}:5`);
  await host.close();
  assertEquals(await exists(hostFolder(url)), false);
});

test("a module is in Redis once for all pools, and a changed one beside it", async () => {
  await using redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "versions" };
  await using _host = await TestHost.start({ ...options, concurrency: 1 }, ["-A"], "/");
  const client = new Redis(`${redis.folder}/redis.sock`);
  await using project = new Project(1);
  const numbers: number[] = [];
  for (const plus of [1, 1, 2]) {
    const path = `${project.folder}/parts/plus.ts`;
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace(/n \+ \d/, `n + ${plus}`));
    await using pool = poolOn(options);
    assertEquals((await within(MUST_HAPPEN, pool.submit(project.tasks.where, 1))).sum, 1 + plus);
    numbers.push((await keysOf(client, ":content:")).length);
  }
  // A file and a manifest are new.
  assertEquals(numbers, [numbers[0], numbers[0], numbers[0] + 2]);
  client.disconnect();
});

test("hooks and tasks of sent modules share what both import, also in processes", async () => {
  await using redis = await TestRedis.start();
  await using project = new Project();
  const options = { redis: redis.address, queue: "hooks" };
  await using _host = await TestHost.start({ ...options, concurrency: 1, backend: "process" }, ["-A"], "/");
  const { setUp } = tasks<Tasks>(`file://${project.folder}/parts/plus.ts`);
  await using pool = poolOn(options, { initializer: setUp, initArgs: [7] });
  assertEquals((await within(MUST_HAPPEN, pool.submit(project.tasks.where, 1))).state, 7);
});

test("a module that is damaged in Redis is refused with a TaskLoadError that names it; sent again, it runs", async () => {
  await using redis = await TestRedis.start();
  await using project = new Project();
  const options = { redis: redis.address, queue: "damaged" };
  const client = new Redis(`${redis.folder}/redis.sock`);
  const damaged = poolOn(options);
  const future = damaged.submit(project.tasks.where, 1);
  await until(async () => (await keysOf(client, ":prioritized")).length > 0, "the call is in Redis");
  const source = await Deno.readFile(`${project.folder}/parts/plus.ts`);
  const key = contentKey({ ...options, prefix: "isopool" }, contentHash(source));
  assertEquals(await client.exists(key), 1);
  await client.set(key, "export const plus = () => Deno.exit(9);");
  await using _host = await TestHost.start({ ...options, concurrency: 1 }, ["-A"], "/");
  const error = expectError(await within(MUST_HAPPEN, future.exception()), TaskLoadError);
  assertEquals(error.url, project.url);
  assertStringIncludes(error.message, "is not what was sent");
  expectError(error.cause, ClusterError);
  await damaged.terminate();
  await using pool = poolOn(options);
  assertEquals((await within(MUST_HAPPEN, pool.submit(project.tasks.where, 1))).sum, 2);
  client.disconnect();
});

test("a module that cannot be read, or imports what is not there, fails with a TaskLoadError that names it", async () => {
  await using redis = await TestRedis.start();
  await using project = new Project();
  const { where } = project.tasks;
  await Deno.remove(`${project.folder}/parts/plus.ts`);
  await using pool = poolOn({ redis: redis.address, queue: "missing" });
  const error = expectError(await within(MUST_HAPPEN, pool.submit(where, 1).exception()), TaskLoadError);
  assertEquals(error.url, project.url);
  assertStringIncludes(error.message, "plus.ts");
});

test("a manifest cannot write outside of the folder of the host", async () => {
  await using redis = await TestRedis.start();
  const settings = { redis: redis.address, queue: "outside", prefix: "isopool" };
  const client = new Redis(`${redis.folder}/redis.sock`);
  const put = async (text: string) => {
    const content = new TextEncoder().encode(text);
    await client.set(contentKey(settings, contentHash(content)), text);
    return contentHash(content);
  };
  const file = await put("1");
  const inside = new ModuleFolder(settings, client);
  const url = await inside.provide(await put(JSON.stringify([["inside.ts", file]])));
  assertEquals(await Deno.readTextFile(new URL("inside.ts", url)), "1");
  await inside.close();
  for (
    const path of ["../outside.ts", "%2e%2e/outside.ts", "..%2foutside.ts", "/tmp/outside.ts", "file:///tmp/outside.ts"]
  ) {
    const folder = new ModuleFolder(settings, client);
    const manifest = await put(JSON.stringify([[path, file]]));
    await assertRejects(() => folder.provide(manifest), ClusterError, "outside of its folder", path);
    await folder.close();
  }
  client.disconnect();
});

test("a task whose URL only looks like one that `modules` allows is refused", async () => {
  await using redis = await TestRedis.start();
  const client = new Redis(`${redis.folder}/redis.sock`);
  const folder = new ModuleFolder({ redis: redis.address, queue: "urls", prefix: "isopool" }, client);
  const modules = ["https://example.com", "https://example.org/tasks/", "file:///srv/tasks/", "sent:"];
  const known = new HostTasks(new AllowedModules("serve a cluster", modules), folder);
  const prepare = (url: string, sent?: { hash: string; base: string }) =>
    known.prepare(pack({ source: { url, name: "run" }, spec: {}, sizeLimit: 1_000 }), sent);
  for (const url of ["https://example.com/a.ts", "https://example.org/tasks/b/../c.ts", "file:///srv/tasks/d.ts"]) {
    assertEquals((await prepare(url)).source, { url: new URL(url).href, name: "run" });
  }
  for (
    const url of [
      "https://example.com.evil.org/a.ts",
      "https://example.org/tasks/../admin.ts",
      "https://example.org/tasks/%2e%2e/admin.ts",
      "file:///srv/tasks/../secret.ts",
      "file:///srv/tasks/..%2fsecret.ts",
      "file:///srv/tasks/..%5Csecret.ts",
      "no URL",
    ]
  ) await assertRejects(() => prepare(url), ClusterError, "This host does not run", url);
  const hash = contentHash(new TextEncoder().encode("no manifest"));
  for (
    const [base, rest] of [
      ["file:///home/", "../../srv/secret.ts"],
      ["file:///home/", "..%2f..%2fsrv/secret.ts"],
      ["file:///home", "/../srv/secret.ts"],
      ["file:///home/..", "/srv/secret.ts"],
      // Behind this base, the URL goes on with `../secret.ts`.
      ["file:///srv/a", "../secret.ts"],
      ["https://example.net/", "secret.ts"],
    ]
  ) {
    await assertRejects(
      () => prepare(base + rest, { hash, base }),
      ClusterError,
      "This host does not run",
      base + rest,
    );
  }
  await folder.close();
  client.disconnect();
});

test(
  "`modules` of a host decides about sent modules, by their hash too, about inlined functions, and about hooks",
  async () => {
    await using redis = await TestRedis.start();
    await using project = new Project();
    const { where } = project.tasks;
    const run = async (queue: string, task: Task<[number], unknown>, more: object = {}) => {
      await using pool = poolOn({ redis: redis.address, queue, ...more });
      return await within(MUST_HAPPEN, pool.submit(task, 1).exception());
    };
    const one = inline((n: number) => n);
    const serve = (queue: string, modules?: string[], flags?: string[]) =>
      TestHost.start({ redis: redis.address, queue, concurrency: 1, ...modules && { modules } }, flags, "/");
    let hash = "";
    {
      await using _host = await serve("web", ["https://example.com/"]);
      const refusal = expectError(await run("web", where), ClusterError);
      hash = /sent:[0-9a-f]{64}/.exec(refusal.message)![0];
      assertStringIncludes(refusal.message, "`modules` allows https://example.com/ only");
      expectError(await run("web", one), ClusterError);
    }
    {
      await using _host = await serve("sent", [hash]);
      assertEquals(await run("sent", where), undefined);
      expectError(await run("sent", one), ClusterError);
      await using pool = poolOn({ redis: redis.address, queue: "sent" }, { initializer: inline(() => {}) });
      const refusal = await within(MUST_HAPPEN, pool.submit(where, 1).exception());
      assertStringIncludes(String((refusal as Error).cause ?? refusal), "inlined functions");
    }
    {
      await using _host = await serve("path", [project.url, "inline:"]);
      assertEquals(await run("path", where), undefined);
      assertEquals(await run("path", where, { sendModules: false }), undefined);
      assertEquals(await run("path", one), undefined);
    }
    {
      const flags = ["--allow-read", "--allow-write", "--allow-net", "--allow-env", "--allow-sys", "--allow-ffi"];
      await using _host = await serve("limited", undefined, flags);
      assertEquals(await run("limited", where), undefined);
      const refusal = expectError(await run("limited", one), ClusterError);
      assertStringIncludes(refusal.message, "--allow-import");
    }
    {
      // It may import from everywhere when it starts.
      const options = { redis: redis.address, queue: "revoked" };
      await using _host = await TestHost.start(options, ["-A"], "/", ["env", "ISOPOOL_TEST_REVOKE=import"]);
      expectError(await run("revoked", one), ClusterError);
    }
  },
  120_000,
);

test("a host with sent modules can be closed more than once", async () => {
  await using redis = await TestRedis.start();
  await using project = new Project();
  const options = { redis: redis.address, queue: "twice" };
  const host = await serveWorker({ ...options, concurrency: 1 });
  {
    await using pool = poolOn(options);
    await within(MUST_HAPPEN, pool.submit(project.tasks.where, 1));
  }
  await within(MUST_HAPPEN, Promise.all([host.close(), host.close()]));
  await within(MUST_HAPPEN, host.close());
});

test("the folder of a killed host is removed by the next one, that of a living host stays", async () => {
  await using redis = await TestRedis.start();
  await using project = new Project();
  const options = { redis: redis.address, queue: "killed" };
  await using pool = poolOn(options);
  await using otherPool = poolOn({ ...options, queue: "other" });
  const folderOf = async (pool: ReturnType<typeof poolOn>) => {
    return hostFolder((await within(MUST_HAPPEN, pool.submit(project.tasks.where, 1))).url);
  };
  const one = await TestHost.start({ ...options, concurrency: 1 });
  await using _living = await TestHost.start({ ...options, concurrency: 1, queue: "other" });
  const [left, used] = [await folderOf(pool), await folderOf(otherPool)];
  await one.kill();
  assert(await exists(left));
  await using _next = await TestHost.start({ ...options, concurrency: 1 });
  assert(await folderOf(pool) !== left);
  assertEquals([await exists(left), await exists(used)], [false, true]);
});
