import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readBuilt, readStd, serveRegistry } from "./registry.ts";

const ROOT = new URL("../../", import.meta.url);

const MAIN = `
import { Pool, inline, tasks } from "jsr:@isopool/isopool";
import { pooled } from "jsr:@isopool/isopool/pooled";
await using pool = new Pool(2);
const local = tasks<typeof import("./tasks.ts")>(import.meta.resolve("./tasks.ts"));
const path = tasks<typeof import("node:path")>("node:path");
await using here = new Pool({ backend: "async" });
console.log(JSON.stringify([
  await pool.map(local.square, [1, 2, 3]),
  await pool.submit(local.attempt),
  await pool.submit(inline((n: number) => n + 1), 41),
  await pool.submit(path.basename, "/a/b"),
  await here.map(local.square, [4]),
  await pooled([5], (n) => n, { timeout: 10_000, retry: 1 }),
]));
`;
const TASKS = `
import { context } from "jsr:@isopool/isopool/worker";
export function square(n: number): number { return n * n; }
export function attempt(): number { return context.attempt; }
`;

const SCOPED = `
import { Pool, inline, tasks } from "jsr:@isopool/isopool";
await using pool = new Pool({ workers: 1, permissions: "none" });
const local = tasks<typeof import("./tasks.ts")>(import.meta.resolve("./tasks.ts"));
const read = inline((path: string) => Deno.readTextFileSync(path));
console.log(JSON.stringify([
  await pool.map(local.square, [1, 2, 3]),
  await pool.submit(local.attempt),
  ((await pool.submit(read, "tasks.ts").exception()) as Error).name,
]));
`;

async function run(dir: string, registry: string, cache: string, args: string[], script = "main.ts") {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...args, script],
    cwd: dir,
    env: { JSR_URL: registry, DENO_DIR: cache, NO_COLOR: "1" },
    signal: AbortSignal.timeout(60_000),
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("installed from JSR into an empty cache, workers start, with and without permissions (bound: 60 s)", async () => {
  const dir = await Deno.makeTempDir();
  const cache = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/main.ts`, MAIN);
    await Deno.writeTextFile(`${dir}/tasks.ts`, TASKS);
    const expected = JSON.stringify([[1, 4, 9], 1, 42, "b", [16], [5]]);
    const registry = await serveRegistry([await readBuilt(), ...await readStd(ROOT)]);
    {
      await using _ = registry;
      const first = await run(dir, registry.url, cache, ["--allow-read=."]);
      assertEquals(first.stderr.split("\n").filter((line) => line && !/^(Download|Initialize)/.test(line)), []);
      assertEquals(first.stdout.trim(), expected);
    }
    // Without the registry: the workers' modules are in the module graph, and so in the cache.
    await Deno.writeTextFile(`${dir}/scoped.ts`, SCOPED);
    const scoped = await run(
      dir,
      registry.url,
      cache,
      ["--cached-only", "--allow-read=.", "--allow-env=NODE_V8_COVERAGE", "--unstable-worker-options"],
      "scoped.ts",
    );
    assertEquals(scoped.stdout.trim(), JSON.stringify([[1, 4, 9], 1, "NotCapable"]), scoped.stderr);
    const second = await run(dir, registry.url, cache, ["--cached-only", "-A"]);
    assertEquals(second.stdout.trim(), expected, second.stderr);
  } finally {
    await Deno.remove(dir, { recursive: true });
    await Deno.remove(cache, { recursive: true });
  }
});

Deno.test("deno publish would upload the modules of lib and workers, and none of tests, bench and examples", async () => {
  const { files } = await readBuilt();
  for (const kind of ["thread", "web", "process"]) assert(files.has(`/dist/workers/${kind}.js`), kind);
  assert(files.has("/lib/pool/pool.ts"));
  assertEquals([...files.keys()].filter((path) => /^\/(tests|bench|examples)\//.test(path)), []);
  for (const [path, text] of files) {
    if (/\.[jt]s$/.test(path)) {
      assertEquals(/^(?! *\*).*(?:from |import\()"(?:@std|acorn|peri)/m.test(text), false, path);
    }
  }
  assertStringIncludes(files.get("/dist/chunks/pool.js")!, `import("npm:acorn@`);
});
