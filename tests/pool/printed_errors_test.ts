import { assert, assertEquals, assertMatch } from "@std/assert";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

const TASKS = `
  export function fail() { throw new RangeError("from the task"); }
  export async function hold() { await new Promise(() => {}); }
  export function exit() { Deno.exit(7); }
`;

/** What a script prints when an error is uncaught. `HERE` marks the line that must be shown. */
const cases: [string, string, RegExp][] = [
  ["a task's error", `await pool.submit(m.fail); // HERE`, /RangeError: from the task\n {4}at fail/],
  ["a failed item", `await pool.map(m.fail, [1]); // HERE`, /RangeError: from the task\n {4}at fail[^]*at items\[0\]/],
  [
    "a timeout",
    `await pool.submit(m.hold.with({ timeout: 30 })); // HERE`,
    /TaskTimeoutError: Task `hold` in tasks\.ts ran longer than its timeout of 30 ms/,
  ],
  [
    "a timeout on this event loop",
    `await new Pool({ backend: "async", timeout: 30, killGrace: 10 }).submit(m.hold); // HERE`,
    /TaskTimeoutError: Task `hold` in tasks\.ts ran longer/,
  ],
  ["a lost task", `await pool.submit(m.exit); // HERE`, /WorkerCrashedError: Task `exit` in tasks\.ts was lost/],
  ["a value that cannot be sent", `await pool.submit(m.fail, () => {}); // HERE`, /TransferError: /],
  ["a wait that is too long", `await pool.submit(m.hold).result({ timeout: 9 }); // HERE`, /WaitTimeoutError: Gave up/],
  [
    "a loop that is too long",
    `for await (const _ of asCompleted([pool.submit(m.hold)], { timeout: 9 })); // HERE`,
    /WaitTimeoutError: 1 \(of 1\)/,
  ],
  [
    "a cancelled future",
    `const f = pool.submit(m.hold); f.cancel(); await f; // HERE`,
    /CancelledError: Future was cancelled\n.*HERE/,
  ],
  // Refusals: the source of the caller's line is shown.
  [
    "a refused option",
    `pool.map(m.fail, [1], { timout: 3 }); // HERE`,
    /Cannot map: unknown option `timout`.*\n.*HERE/,
  ],
  ["a refused input", `pool.imap(m.fail, 3); // HERE`, /Cannot imap: `items` is 3.*\n.*HERE/],
  ["a refused task", `pool.submit(3); // HERE`, /Cannot submit task: `task` is 3.*\n.*HERE/],
  ["a refused pool", `new Pool({ workers: -1 }); // HERE`, /Cannot create pool: `workers` is -1.*\n.*HERE/],
  ["a refused stream", `pool.stream(m.fail.with({ retry: 1 })); // HERE`, /Cannot stream task: the task has.*\n.*HERE/],
  ["a refused argument list", `pool.apply(m.fail, 1); // HERE`, /Cannot apply task: `args` is 1.*\n.*HERE/],
  ["a refused wait", `wait([1]); // HERE`, /Cannot wait for futures: `futures` is an array.*\n.*HERE/],
  ["a refused loop", `asCompleted(3); // HERE`, /Cannot iterate as completed: `futures` is 3.*\n.*HERE/],
  [
    "a refused shutdown",
    `await pool.shutdown({ timeout: -1 }); // HERE`,
    /Cannot shut down pool: `timeout` is -1.*\n.*HERE/,
  ],
  ["a closed pool", `pool.close(); pool.group(); // HERE`, /Cannot open group: .* is closed.*\n.*HERE/],
  [
    "a refused cancellation",
    `pool.submit(m.hold).cancel("x", { force: "no" }); // HERE`,
    /Cannot cancel future: `force` is "no": it takes true or false\n.*HERE/,
  ],
];

for (const [what, line, message] of cases) {
  test(`an uncaught error names its task and shows the caller's line: ${what} (within 60 s)`, async () => {
    const { code, stderr } = await runScript(
      `import { asCompleted, Pool, tasks, wait } from "@isopool/isopool";
       const m = tasks(import.meta.resolve("./tasks.ts"));
       const pool = new Pool(1);
       ${line}`,
      { files: { "tasks.ts": TASKS }, deadline: 60_000 },
    );
    assertEquals(code, 1, stderr);
    assertMatch(stderr, message);
    const frames = stderr.split("\n").filter((text) => /^ {4}at /.test(text));
    assert(frames.some((frame) => frame.includes("main.ts:4:")), stderr);
    if (line.endsWith("HERE")) assert(!/^ {4}at .*\/lib\//m.test(stderr.split("Caused by:")[0]), stderr);
  }, { deadline: 70_000 });
}
