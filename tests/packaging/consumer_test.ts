/** The package as its users have it: from JSR, in an empty folder, with an empty cache, and no flag that they do not need. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { noRedis, TestRedis } from "../support/redis.ts";
import { test } from "../support/within.ts";
import { Consumer, type Ran } from "./consumer.ts";

const TASKS = `
import { factor } from "src/factor.ts";
import { context } from "@isopool/isopool/worker";
export function times(n: number): number { return n * factor; }
export function attempt(): number { return context.attempt; }
export function home(): string { return Deno.env.get("HOME")!; }
`;
const FACTOR = `export const factor = 10;`;

/** A program that runs the tasks on a pool with the options of its first argument. */
const MAIN = `
import { Pool, type PoolOptions, tasks } from "pool";
const local = tasks<typeof import("./tasks.ts")>(import.meta.resolve("./tasks.ts"));
await using pool = new Pool<"worker">({ workers: 2, ...JSON.parse(Deno.args[0]) as PoolOptions<"worker"> });
console.log(JSON.stringify([
  await pool.map(local.times, [1, 2, 3]),
  await pool.submit(local.attempt),
  ((await pool.submit(local.home).exception()) as Error | undefined)?.name ?? "may read the environment",
]));
`;
const MAP = {
  "@isopool/isopool": "jsr:@isopool/isopool@^0.1.0",
  "pool": "jsr:@isopool/isopool@^0.1.0",
  "src/": "./src/",
};
const FILES = { "main.ts": MAIN, "tasks.ts": TASKS, "src/factor.ts": FACTOR };
const DONE = [[10, 20, 30], 1];

/** What the program has printed. */
function printed({ stdout, stderr, code }: Ran): unknown {
  assertEquals(code, 0, stderr);
  return JSON.parse(stdout);
}

/** Lines of stderr that the runtime prints while it fetches modules are none of a program's. */
const messagesOf = (stderr: string) =>
  stderr.split("\n").filter((line) => line && !/^(Download|Initialize|Task) /.test(line));

test(
  "deno add, then a program with an import map of its own, on each backend, by deno task and without an unstable flag",
  async () => {
    await using consumer = await Consumer.create(FILES);
    const added = await consumer.deno(["add", "jsr:@isopool/isopool"]);
    assertEquals(added.code, 0, added.stderr);
    const { imports } = JSON.parse(await consumer.read("deno.json"));
    assertEquals(imports, { "@isopool/isopool": MAP["@isopool/isopool"] });

    const tasks = { main: "deno run -A main.ts" };
    await consumer.write("deno.json", JSON.stringify({ imports: MAP, tasks }));
    const run = (options: object) => consumer.deno(["task", "main", JSON.stringify(options)]);
    const all = [...DONE, "may read the environment"];
    for (const options of [{}, { backend: "async" }, { backend: "process" }, { permissions: "inherit" }]) {
      const ran = await run(options);
      assertEquals(printed(ran), all, JSON.stringify(options));
      assertEquals(messagesOf(ran.stderr), [], JSON.stringify(options));
    }
    const scoped = { backend: "process", permissions: "none" };
    assertEquals(printed(await run(scoped)), [...DONE, "NotCapable"]);

    const refused = await run({ permissions: "none" });
    assertEquals(refused.code, 1);
    assertMatch(refused.stderr, /PermissionScopeError: .*--unstable-worker-options.*"unstable": \["worker-options"\]/);
    await consumer.write("deno.json", JSON.stringify({ imports: MAP, tasks, unstable: ["worker-options"] }));
    assertEquals(printed(await run({ permissions: "none" })), [...DONE, "NotCapable"]);
  },
  { deadline: 180_000 },
);

test("a process pool finds the import map of a script in another folder, and one that a flag names", async () => {
  await using consumer = await Consumer.create({
    ...Object.fromEntries(Object.entries(FILES).map(([name, text]) => [`app/code/${name}`, text])),
    "app/deno.json": JSON.stringify({ imports: { ...MAP, "src/": "./code/src/" } }),
    "elsewhere/map.json": JSON.stringify({
      imports: { ...MAP, "@isopool/isopool/": "jsr:/@isopool/isopool@^0.1.0/", "src/": "../app/code/src/" },
    }),
  });
  const options = JSON.stringify({ backend: "process" });
  const folder = `${consumer.folder}/elsewhere`;
  const expected = [...DONE, "may read the environment"];
  // The runtime looks above the script, not where it is started.
  assertEquals(printed(await consumer.deno(["run", "-A", "../app/code/main.ts", options], { folder })), expected);
  // Without the permission for /proc/self/cmdline, and with a command between this script and the runtime.
  const some = ["run", "--allow-read", "--allow-env", "--allow-run", "../app/code/main.ts"];
  assertEquals(printed(await consumer.deno([...some, options], { folder })), expected);
  const prefixed = JSON.stringify({ backend: "process", command: ["nice"] });
  assertEquals(printed(await consumer.deno([...some, prefixed], { folder })), expected);
  const map = ["run", "-A", "--import-map=map.json", "../app/code/main.ts", options];
  assertEquals(printed(await consumer.deno(map, { folder })), expected);
}, { deadline: 180_000 });

test("the command line: run from JSR, and installed by deno install -g", async () => {
  await using consumer = await Consumer.create({
    "tasks.ts": `export const double = (n: number) => 2 * n;`,
    "main.ts": "",
  });
  const map = (...flags: string[]) => [
    ...["map", ...flags, "tasks.ts", "double", "-k", "--from", "jsonl"],
    ...[":::", "1", "2", "3"],
  ];
  const ran = await consumer.deno(["run", "-A", "jsr:@isopool/isopool/cli", ...map()]);
  assertEquals([ran.code, ran.stdout], [0, "2\n4\n6\n"], ran.stderr);

  const install = ["install", "-g", "-A", "--unstable-worker-options", "--root", "installed", "-n", "isopool"];
  const installed = await consumer.deno([...install, "jsr:@isopool/isopool/cli"]);
  assertEquals(installed.code, 0, installed.stderr);
  const program = `${consumer.folder}/installed/bin/isopool`;
  for (const backend of ["worker", "process", "async"]) {
    const { code, stdout, stderr } = await consumer.deno(map("--backend", backend), { program });
    assertEquals([code, stdout], [0, "2\n4\n6\n"], stderr);
  }
  const scoped = await consumer.deno(map("--allow-read=tasks.ts"), { program });
  assertEquals([scoped.code, scoped.stdout], [0, "2\n4\n6\n"], scoped.stderr);
}, { deadline: 180_000 });

test("the cluster's entry point loads its packages; a host is the installed command", async () => {
  await using consumer = await Consumer.create({
    "main.ts": `
      import { inline, Pool } from "jsr:@isopool/isopool";
      import { cluster } from "jsr:@isopool/isopool/cluster";
      await using pool = new Pool({ backend: cluster({ redis: Deno.args[0], queue: "consumer" }) });
      console.log(JSON.stringify(await pool.map(inline((n: number) => n + 1), [1, 2, 3])));
    `,
  });
  await using redis = await TestRedis.start();
  const host = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "jsr:@isopool/isopool/cli", "worker"],
      ...["--redis", redis.address, "--queue", "consumer", "-j", "1"],
    ],
    cwd: consumer.folder,
    env: consumer.env,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    const ran = await consumer.deno(["run", "-A", "main.ts", redis.address]);
    assertEquals(printed(ran), [2, 3, 4], ran.stderr);
  } finally {
    host.kill("SIGTERM");
    await host.status;
  }
}, { deadline: 180_000, ignore: noRedis ?? false });

test("deno bundle with the library left out runs; with it inside, the pool says what to do", async () => {
  await using consumer = await Consumer.create({ ...FILES, "deno.json": JSON.stringify({ imports: MAP }) });
  const bundle = (...flags: string[]) => consumer.deno(["bundle", ...flags, "-o", "out.js", "main.ts"]);
  const external = await bundle("--external", "@isopool/*", "--external", "pool");
  assertEquals(external.code, 0, external.stderr);
  for (const options of [{}, { backend: "process" }, { backend: "async" }]) {
    const ran = await consumer.deno(["run", "-A", "out.js", JSON.stringify(options)]);
    assertEquals(printed(ran), [...DONE, "may read the environment"], JSON.stringify(options));
  }
  assertEquals((await bundle()).code, 0);
  assert((await consumer.read("out.js")).length > 100_000, "the library is not in the bundle");
  const here = await consumer.deno(["run", "-A", "out.js", JSON.stringify({ backend: "async" })]);
  assertEquals(printed(here), [...DONE, "may read the environment"]);
  for (const options of [{}, { backend: "process" }, { permissions: "none" }]) {
    const { code, stderr } = await consumer.deno([
      ...["run", "-A", "--unstable-worker-options", "out.js"],
      JSON.stringify(options),
    ]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, `keep the library out of it by \`deno bundle --external="@isopool/*"\``);
    assertEquals(stderr.match(/error:/g)?.length, 1, stderr);
  }
  // The package has such a folder, too.
  await consumer.write("dist/chunks/main.js", await consumer.read("out.js"));
  const { stderr } = await consumer.deno(["run", "-A", "dist/chunks/main.js", "{}"]);
  assertStringIncludes(stderr, "keep the library out of it");
}, { deadline: 180_000 });

test(
  "a task that may not import the library cannot start workers, and leaves the lock file of the project as it is",
  async () => {
    await using consumer = await Consumer.create({
      "deno.json": JSON.stringify({ imports: { isopool: "jsr:@isopool/isopool" }, unstable: ["worker-options"] }),
      "tasks.ts": `
      import { inline, Pool } from "isopool";
      export async function nested() {
        await using pool = new Pool(1);
        return await pool.submit(inline(() => 1));
      }`,
      "main.ts": `
      import { Pool, tasks } from "isopool";
      const { nested } = tasks<typeof import("./tasks.ts")>(import.meta.resolve("./tasks.ts"));
      await using pool = new Pool({ workers: 1, ...JSON.parse(Deno.args[0]) });
      console.log(await pool.submit(nested));`,
    });
    const run = (options: object) => consumer.deno(["run", "-A", "main.ts", JSON.stringify(options)]);
    assertEquals((await run({})).stdout, "1\n");
    const lock = await consumer.read("deno.lock");
    const { code, stderr } = await run({ permissions: "none" });
    assertEquals(code, 1);
    assertStringIncludes(stderr, "NotCapable: Cannot create pool: its workers load http");
    assertEquals(await consumer.read("deno.lock"), lock);
    const [host] = /--allow-import=([\w.:]+)/.exec(stderr)!.slice(1);
    const allowed = await run({ permissions: { import: [host] } });
    assertEquals([allowed.code, allowed.stdout], [0, "1\n"], allowed.stderr);
    assertEquals((await run({})).stdout, "1\n");
  },
  { deadline: 180_000 },
);

test(
  "the module graph, which deno compile takes along, has the workers' modules and those that the program imports",
  async () => {
    await using consumer = await Consumer.create({
      ...FILES,
      "main.ts": `import * as own from "./tasks.ts";\n${MAIN.replace(`import("./tasks.ts")`, "own")}`,
      "deno.json": JSON.stringify({ imports: MAP }),
    });
    const { stdout, stderr } = await consumer.deno(["info", "--json", "main.ts"]);
    const { modules } = JSON.parse(stdout) as { modules: { specifier: string; error?: string }[] };
    assertEquals(modules.filter(({ error }) => error !== undefined), [], stderr);
    const names = modules.map(({ specifier }) => specifier);
    for (const part of ["thread", "web", "process"].map((kind) => `/@isopool/isopool/0.1.0/dist/workers/${kind}.js`)) {
      assert(names.some((name) => name.endsWith(part)), part);
    }
    for (const part of ["/tasks.ts", "/src/factor.ts"]) assert(names.some((name) => name.endsWith(part)), part);
    assertEquals(names.filter((name) => /bullmq|ioredis|\/lib\/cluster/.test(name)), []);
  },
  { deadline: 180_000 },
);

test("deno check finds the types of the package: a wrong use of a result fails, the right one passes", async () => {
  const using = (type: string) => `
    import { inline, Pool } from "jsr:@isopool/isopool";
    import { Queue } from "jsr:@isopool/isopool/queue";
    await using pool = new Pool(1);
    const result: ${type} = await pool.submit(inline((n: number) => n + 1), 1);
    await new Queue<${type}>().put(result);
  `;
  await using consumer = await Consumer.create({ "right.ts": using("number"), "wrong.ts": using("string") });
  const right = await consumer.deno(["check", "right.ts"]);
  assertEquals(right.code, 0, right.stderr);
  const wrong = await consumer.deno(["check", "wrong.ts"]);
  assertEquals(wrong.code, 1);
  assertStringIncludes(wrong.stderr, "Type 'number' is not assignable to type 'string'");
}, { deadline: 120_000 });
