/**
 * Soak test of forced stops (decision A of ARCHITECTURE.md): kills tasks at random moments, and counts how often the process
 * aborts or hangs.
 *
 *   deno task soak [kills]            default 2,000; each child process makes 100, and the parent process watches it
 *   deno task soak [kills] --scoped   the same for decision B: in workers with permissions; only tasks that do not spin
 *                                     after an await
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { inline, Pool, type Task } from "../../mod.ts";
import { integerOf, unknown } from "../kit/arguments.ts";

const PER_PROCESS = 100;

// Runaway tasks: empty loops, first uses of the runtime, packages, compilation, waiting, output.
const TASKS: Record<string, Task<[], unknown>> = {
  spin: inline(() => {
    for (;;);
  }),
  catching: inline(() => {
    for (;;) {
      try {
        for (;;);
      } catch { /* the loop goes on */ }
    }
  }),
  atomics: inline(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)),
  never: inline(() => new Promise(() => {})),
  builtins: inline(async () => {
    const { builtinModules, createRequire } = await import("node:module");
    const require = createRequire("file:///x.js");
    for (const name of builtinModules.filter((name) => !/^_|punycode|sys/.test(name))) require(name);
    for (;;);
  }),
  globals: inline(() => {
    for (const key of Object.getOwnPropertyNames(globalThis)) {
      if (!/Storage|caches/.test(key)) Reflect.get(globalThis, key);
    }
    for (;;);
  }),
  npm: inline(async () => {
    const { parse } = await import("acorn");
    for (;;) parse("let a = 1", { ecmaVersion: "latest" });
  }),
  wasm: inline(async () => {
    const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]);
    for (;;) await WebAssembly.instantiate(bytes);
  }),
  vm: inline(async () => {
    const { runInNewContext } = await import("node:vm");
    for (;;) runInNewContext("1 + 1");
  }),
  sqlite: inline(async () => {
    const { DatabaseSync } = await import("node:sqlite");
    for (;;) new DatabaseSync(":memory:").close();
  }),
  zlib: inline(async () => {
    const { gzipSync } = await import("node:zlib");
    for (;;) gzipSync(new Uint8Array(1000));
  }),
  fetch: inline(async () => {
    for (;;) await fetch("data:,hello").then((response) => response.text());
  }),
  digest: inline(async () => {
    for (;;) await crypto.subtle.digest("SHA-256", new Uint8Array(1000));
  }),
  streams: inline(async () => {
    for (;;) await new Response(new Blob(["x"]).stream().pipeThrough(new CompressionStream("gzip"))).bytes();
  }),
  files: inline(async () => {
    for (;;) await Deno.stat(".");
  }),
  timers: inline(() => new Promise(() => setInterval(() => {}, 1))),
  intl: inline(() => {
    for (;;) new Intl.NumberFormat("de").format(1e6);
  }),
  inspect: inline(() => {
    for (;;) Deno.inspect({ a: [1, { b: 2 }] });
  }),
  errors: inline(() => {
    for (;;) {
      try {
        Deno.readTextFileSync("/does/not/exist");
      } catch { /* the task builds errors on purpose */ }
    }
  }),
  json: inline(() => {
    const text = JSON.stringify(Array.from({ length: 1000 }, (_, i) => ({ i })));
    for (;;) JSON.parse(text);
  }),
};

const AFTER_AWAIT = ["builtins", "npm", "wasm", "vm", "sqlite", "zlib", "fetch", "streams"];
const { child, scoped, _: [given] } = parseArgs(Deno.args, { boolean: ["child", "scoped"], string: ["_"], unknown });

/** Kills `PER_PROCESS` tasks in a child process, and prints a line for each. */
async function run(): Promise<void> {
  // In a worker with permissions, the grace decides whether the worker itself or the host stops a call at its limit.
  await using pool = new Pool(
    scoped ? { workers: 2, killGrace: 5, permissions: "none" } : { workers: 2, killGrace: 0 },
  );
  const names = Object.keys(TASKS).filter((name) => !scoped || !AFTER_AWAIT.includes(name));
  let kills = 0;
  const killTasks = async () => {
    while (kills++ < PER_PROCESS) {
      const name = names[Math.floor(Math.random() * names.length)];
      // A quarter is spread evenly over 1 to 41 ms; the rest is as likely in each power of two from 1 to 64 ms.
      const timeout = Math.random() < 0.25 ? 1 + Math.random() * 40 : 2 ** (Math.random() * 6);
      const start = performance.now();
      const error = await pool.submit(TASKS[name].with({ timeout })).exception();
      const late = performance.now() - start - timeout;
      console.log(JSON.stringify({ name, timeout, late, error: (error as Error | undefined)?.name }));
    }
  };
  await Promise.all([killTasks(), killTasks()]);
}

/** Starts child processes until they have made `kills` kills, and counts aborts and hangs. */
async function watch(kills: number): Promise<void> {
  let done = 0, aborts = 0, hangs = 0;
  const late: number[] = [];
  while (done < kills) {
    const { success, signal, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-check",
        "--import-map=npm.import_map.json",
        "-A",
        import.meta.filename!,
        "--child",
        ...scoped ? ["--scoped"] : [],
      ],
      signal: AbortSignal.timeout(120_000),
    }).output();
    const lines = new TextDecoder().decode(stdout).trim().split("\n").filter((line) => line.startsWith("{"));
    for (const line of lines) late.push(JSON.parse(line).late);
    done += lines.length;
    if (success) continue;
    if (signal === "SIGTERM") hangs++;
    else aborts++;
    const text = new TextDecoder().decode(stderr);
    console.log(
      `abort or hang after ${lines.at(-1)}: ${/panicked at .*|Fatal error.*/.exec(text)?.[0] ?? text.slice(-300)}`,
    );
  }
  late.sort((a, b) => a - b);
  const quantile = (share: number) => late[Math.floor(share * (late.length - 1))].toFixed(1);
  console.log(`${done} kills, ${aborts} aborts, ${hangs} hangs`);
  console.log(
    `from timeout to settled, ms (worker start and loading included): p50 ${quantile(0.5)} p99 ${quantile(0.99)} max ${
      quantile(1)
    }`,
  );
}

if (child) await run();
else await watch(integerOf("kills", given as string | undefined, 2_000));
