import { assert, assertEquals } from "@std/assert";
import { Pool, TaskTimeoutError } from "@isopool/isopool";
import { runScript } from "../support/script.ts";
import { expectError } from "../support/expect.ts";
import { MUST_HAPPEN, test, until, within } from "../support/within.ts";

const onUnix = Deno.build.os !== "windows";

/** A thread that opens a pipe without a writer stands still in the system, where no forced stop reaches it. */
const HEAD = `
import { inline, Pool } from "@isopool/isopool";
const open = inline((path: string) => void Deno.openSync(path).close());
const pipe = (n: number) => {
  const path = \`\${Deno.cwd()}/pipe\${n}\`;
  new Deno.Command("mkfifo", { args: [path] }).outputSync();
  return path;
};
const until = async (holds: () => boolean) => {
  for (const end = performance.now() + 10_000; !holds();) {
    if (performance.now() > end) throw new Error("not within 10 s");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
const pool = new Pool({ workers: 1, killGrace: 50 });
`;

test("a thread that nothing stops is abandoned: it is counted until it ends, and reported once", async () => {
  const { code, stdout, stderr, late } = await runScript(`${HEAD}
    const paths = [pipe(1), pipe(2)];
    for (const path of paths) {
      const error = await pool.submit(open.with({ timeout: 100 }), path).exception() as Error & { abandoned: boolean };
      console.log(error.name, error.abandoned, error.message.replace(/^Task .* ran/, "Task ran"));
    }
    console.log(pool.stats().workers.abandoned, await pool.submit(inline(() => "the pool goes on")));
    for (const path of paths) Deno.openSync(path, { write: true }).close();
    await until(() => pool.stats().workers.abandoned === 0);
    await pool.shutdown();
    console.log("ended");`);
  assertEquals([code, late], [0, false], stderr);
  const given =
    "TaskTimeoutError true Task ran longer than its timeout of 100 ms: it could not be stopped, was given " +
    "up, and may still run";
  assertEquals(stdout.trim().split("\n"), [given, given, "2 the pool goes on", "ended"]);
  assertEquals(stderr.trim().split("\n").length, 1, stderr);
  assert(/did not stop, and nothing in this process can stop it/.test(stderr), stderr);
}, { deadline: 40_000, ignore: onUnix ? false : "it needs macOS or Linux" });

test("more given-up threads than the pool allows break it, and the script can end", async () => {
  const { code, stdout, late } = await runScript(`${HEAD}
    const futures = [1, 2, 3, 4, 5].map((n) => pool.submit(open.with({ timeout: 50 }), pipe(n)));
    for (const future of futures) await future.exception();
    console.log(pool.state, pool.stats().workers.abandoned);`);
  assertEquals([code, late, stdout.trim()], [0, false, "broken 5"]);
}, { deadline: 60_000, ignore: onUnix ? false : "it needs macOS or Linux" });

test('backend "async": a call that ignores its signal is given up, which its error and stats() say', async () => {
  const { warn } = console;
  const printed: string[] = [];
  console.warn = (...parts: unknown[]) => printed.push(parts.join(" "));
  try {
    await using pool = new Pool({ backend: "async", workers: 2, killGrace: 20, timeout: 50 });
    const { promise, resolve } = Promise.withResolvers<void>();
    const error = expectError(await within(MUST_HAPPEN, pool.submit(() => promise).exception()), TaskTimeoutError);
    assertEquals([error.abandoned, pool.stats().workers.abandoned, printed.length], [true, 1, 1]);
    resolve();
    await until(() => pool.stats().workers.abandoned === 0, "the call has ended after all");
    // A call that heeds its signal is stopped, as before.
    const heeded = expectError(
      await within(
        MUST_HAPPEN,
        pool.submit(async () => {
          const { context } = await import("@isopool/isopool/worker");
          await new Promise((_, reject) =>
            context.signal.addEventListener("abort", () => reject(context.signal.reason))
          );
        }).exception(),
      ),
      TaskTimeoutError,
    );
    assertEquals([heeded.abandoned, /it was stopped$/.test(heeded.message)], [false, true]);
    assertEquals([pool.stats().workers.abandoned, printed.length], [0, 1]);
  } finally {
    console.warn = warn;
  }
});
