/**
 * Forced stops that the runtime swallows (workers/stop_retry.ts), each in a process of its own, because one of the loops
 * writes without end, and because a thread that stays must not slow other tests. See also swallowed_stop_test.ts.
 */
import { assertEquals } from "@std/assert";
import { onLinux } from "../support/proc.ts";
import { test } from "../support/within.ts";

const ROOT = new URL("../../", import.meta.url);
const ROUNDS = 3;
const url = (path: string) => JSON.stringify(new URL(path, ROOT).href);

const LOOPS: Record<string, string> = {
  "console.log({})": `console.log({});`,
  "console.log of nested values": `console.log({ a: [1, { b: new Map([[1, 2]]) }] });`,
  "Deno.inspect({ a: 1 })": `Deno.inspect({ a: 1 });`,
  'Deno.readFileSync("/nonexistent-x")': `try { Deno.readFileSync("/nonexistent-x"); } catch {}`,
  "structuredClone({})": `structuredClone({});`,
  'atob("%")': `try { atob("%"); } catch {}`,
};

// Tells on stderr how each round ended: what the loops print goes to stdout.
const script = (loop: string) => `
import { inline, Pool, TaskTimeoutError } from ${url("mod.ts")};
import { threads } from ${url("tests/support/proc.ts")};
import { until, within } from ${url("tests/support/within.ts")};
const runaway = inline((word: Int32Array) => {
  Atomics.store(word, 0, Number(Deno.readLinkSync("/proc/thread-self").split("/").at(-1)));
  for (;;) { ${loop} }
});
const pool = new Pool({ workers: 1, killGrace: 50 });
const rounds: string[] = [];
try {
  for (let round = 0; round < ${ROUNDS}; round++) {
    const word = new Int32Array(new SharedArrayBuffer(4));
    const error = await within(8_000, pool.submit(runaway.with({ timeout: 200 }), word).exception(), "the stop");
    if (!(error instanceof TaskTimeoutError)) throw error;
    const thread = Atomics.load(word, 0);
    if (thread === 0) throw new Error("the task was stopped before it began");
    await until(() => !threads().has(thread), "thread " + thread + " is gone from /proc/self/task", 5_000);
    rounds.push(await within(8_000, pool.submit(inline(() => "works on")), "the next call"));
  }
} catch (error) {
  rounds.push(String(error));
}
Deno.stderr.writeSync(new TextEncoder().encode(JSON.stringify(rounds)));
Deno.exit(0);
`;

/** Runs the script and returns what it reported; its output is read and dropped. */
async function run(source: string, stdout: "null" | "piped"): Promise<{ code: number; stderr: string }> {
  const file = await Deno.makeTempFile({ prefix: "isopool-test-", suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, source);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--no-lock", "--import-map=npm.import_map.json", "-A", file],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout,
      stderr: "piped",
      // Past the deadlines inside, which say more.
      signal: AbortSignal.timeout(80_000),
    }).spawn();
    const drained = stdout === "piped" ? child.stdout.pipeTo(new WritableStream()) : undefined;
    const stderr = await new Response(child.stderr).text();
    await drained;
    return { code: (await child.status).code, stderr };
  } finally {
    await Deno.remove(file);
  }
}

for (const [name, loop] of Object.entries(LOOPS)) {
  for (const stdout of name.startsWith("console") ? ["null", "piped"] as const : ["null"] as const) {
    const where = name.startsWith("console") ? stdout === "null" ? " to nowhere" : " to a pipe" : "";
    test(
      `a loop over ${name}${where} is stopped by its timeout, its thread gone, ${ROUNDS} times of ${ROUNDS}`,
      async () => {
        const { code, stderr } = await run(script(loop), stdout);
        assertEquals(stderr, JSON.stringify(new Array(ROUNDS).fill("works on")));
        assertEquals(code, 0);
      },
      { ignore: !onLinux, deadline: 90_000 },
    );
  }
}
