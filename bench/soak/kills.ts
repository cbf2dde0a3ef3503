/**
 * Decision A, again and again: kills tasks at random moments and counts what the process does.
 *
 *   deno task soak [kills]            default 2,000; each child process makes 100 and is watched from outside
 *   deno task soak [kills] --scoped   of decision B: in workers under a scope, where nothing may spin after an await
 *
 * @module
 */
import { inline, Pool, type Task } from "../../mod.ts";

const PER_PROCESS = 100;

// What runaway tasks do: nothing, first uses of the runtime, packages, compilation, waiting, output.
const CATALOGUE: Record<string, Task<[], unknown>> = {
  spin: inline(() => {
    for (;;);
  }),
  catching: inline(() => {
    for (;;) {
      try {
        for (;;);
      } catch { /* goes on */ }
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
      } catch { /* that is the point */ }
    }
  }),
  json: inline(() => {
    const text = JSON.stringify(Array.from({ length: 1000 }, (_, i) => ({ i })));
    for (;;) JSON.parse(text);
  }),
};

const AFTER_AWAIT = ["builtins", "npm", "wasm", "vm", "sqlite", "zlib", "fetch", "streams"];
const scoped = Deno.args.includes("--scoped");

/** One process: kills tasks until it has made its share, and prints what each took. */
async function run(): Promise<void> {
  // Under a scope the grace is what decides who stops a call at its limit, the worker itself or the host.
  await using pool = new Pool(
    scoped ? { workers: 2, killGrace: 5, permissions: "none" } : { workers: 2, killGrace: 0 },
  );
  const names = Object.keys(CATALOGUE).filter((name) => !scoped || !AFTER_AWAIT.includes(name));
  let made = 0;
  const lane = async () => {
    while (made++ < PER_PROCESS) {
      const name = names[Math.floor(Math.random() * names.length)];
      // A quarter anywhere in the first 40 ms, the rest as likely in each power of two from 1 ms on.
      const timeout = Math.random() < 0.25 ? 1 + Math.random() * 40 : 2 ** (Math.random() * 6);
      const began = performance.now();
      const error = await pool.submit(CATALOGUE[name].with({ timeout })).exception();
      const late = performance.now() - began - timeout;
      console.log(JSON.stringify({ name, timeout, late, error: (error as Error | undefined)?.name }));
    }
  };
  await Promise.all([lane(), lane()]);
}

/** Watches processes until `kills` are made. */
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
  const at = (share: number) => late[Math.floor(share * (late.length - 1))].toFixed(1);
  console.log(`${done} kills, ${aborts} aborts, ${hangs} hangs`);
  console.log(
    `from timeout to settled, ms (worker start and loading included): p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)}`,
  );
}

if (Deno.args.includes("--child")) await run();
else await watch(Number(Deno.args[0] ?? 2_000));
