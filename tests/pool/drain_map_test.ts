import { assertEquals, assertThrows } from "@std/assert";
import { map, Pool, pooled } from "@isopool/isopool";
import { Running, TASK } from "../support/signalled.ts";
import { test } from "../support/within.ts";

const onWindows = Deno.build.os === "windows" && "signals of Windows are other ones";
const options = { ignore: onWindows, deadline: 60_000 };

// Opens the gate 100 ms after the signal, so that what a drain would start wrongly has the time to start.
const OPEN = `Deno.addSignalListener("SIGINT", () => setTimeout(open, 100));`;
const POOL = `await using pool = new Pool(2);`;
const LOCAL = `
  const local = async ({ n }) => {
    console.log("start");
    while (Atomics.load(gate, 0) === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    console.log("end");
    return n;
  };
`;

const scripts = [
  { what: "map", run: `${POOL} await pool.map(task, items(), { drainOn: "SIGINT" });` },
  {
    what: "a map whose items were sent fifty at a time",
    run: `${POOL} await pool.map(task, items(), { drainOn: "SIGINT", chunkSize: 50 });`,
  },
  {
    what: "a map that settles its failures",
    run: `${POOL} await pool.map(task, items(), { drainOn: "SIGINT", onError: "settle", retry: 2 });`,
  },
  {
    what: "imap",
    run: `${POOL} for await (const n of pool.imap(task, items(), { drainOn: "SIGINT" })) console.log("got " + n);`,
    got: ["got 0", "got 1"],
  },
  {
    what: "imapUnordered",
    run: `${POOL}
      for await (const n of pool.imapUnordered(task, items(), { drainOn: "SIGINT" })) console.log("got");`,
    got: ["got", "got"],
  },
  {
    what: "map on processes",
    run: `await using pool = new Pool({ backend: "process", workers: 2 });
      const slow = inline(async (ms) => {
        console.log("start");
        await new Promise((resolve) => setTimeout(resolve, ms));
        console.log("end");
      });
      await pool.map(slow, function* () { for (;;) yield 1_000; }(), { drainOn: "SIGINT" });`,
  },
  { what: "pooled()", run: `${LOCAL} await pooled(items(), local, { concurrency: 2, drainOn: "SIGINT" });` },
  {
    what: "a loop over pooled()",
    run: `${LOCAL}
      const results = pooled(items(), local, { concurrency: 2, drainOn: "SIGINT" });
      for await (const n of results) console.log("got " + n);`,
    got: ["got 0", "got 1"],
  },
  {
    what: "pooled() whose input never answers",
    run: `${LOCAL}
      const input = async function* () { yield* items().take(2); await new Promise(() => setInterval(() => {}, 1_000)); };
      await pooled(input(), local, { drainOn: "SIGINT" });`,
  },
  {
    what: "pooled() whose other items wait for the rate, and for their key",
    run: `${LOCAL}
      await pooled(items(), local, {
        concurrency: 8,
        rate: { limit: 2, interval: 3_600_000 },
        per: { key: ({ n }) => n % 4, limit: 1 },
        drainOn: "SIGINT",
      });`,
  },
];
for (const { what, run, got = [] } of scripts) {
  test(
    `drainOn of ${what}: what runs is finished, nothing else starts, exit code 130, nothing on stderr`,
    async () => {
      await using script = await Running.start(`${TASK} ${OPEN} ${run}`);
      await script.printed("start", 2);
      script.kill("SIGINT");
      const { code, signal, stderr } = await script.ended();
      assertEquals([code, signal, stderr], [130, null, ""]);
      const count = (line: string) => script.lines.filter((each) => each === line).length;
      assertEquals([count("start"), count("end"), count("signal")], [2, 2, 1], String(script.lines));
      assertEquals(script.lines.filter((line) => line.startsWith("got")), got);
    },
    options,
  );
}

for (
  const [what, run] of [
    ["map", `await using pool = new Pool(2); results = await pool.map(inline(slow), numbers, options);`],
    ["pooled()", `results = await pooled(numbers, slow, { concurrency: 2, ...options });`],
  ]
) {
  test(`drainOn of ${what}: the checkpoint is whole, and the next run does the rest`, async () => {
    const folder = await Deno.makeTempDir({ prefix: "isopool-test-" });
    const file = `${folder}/run.jsonl`;
    const source = `
      const slow = async (n) => {
        console.log("start");
        await new Promise((resolve) => setTimeout(resolve, 100));
        return n * 2;
      };
      const numbers = Array.from({ length: 30 }, (_, n) => n);
      const options = { checkpoint: ${JSON.stringify(file)}, drainOn: "SIGINT" };
      let results;
      ${run}
      console.log(JSON.stringify(results));
    `;
    try {
      await using first = await Running.start(source);
      await first.printed("start", 5);
      first.kill("SIGINT");
      const { code, stderr } = await first.ended();
      assertEquals([code, stderr], [130, ""]);
      const started = first.lines.length;
      const recorded = (await Deno.readTextFile(file)).trimEnd().split("\n").map((line) => JSON.parse(line));
      assertEquals(recorded.filter((line) => "item" in line).length, started);
      await using second = await Running.start(source);
      assertEquals((await second.ended()).code, 0);
      assertEquals(JSON.parse(second.lines.at(-1)!), Array.from({ length: 30 }, (_, n) => 2 * n));
      assertEquals(second.lines.length - 1, 30 - started);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }, options);
}

test("drainOn of a map: the pool and its other calls go on, and a script that catches the error, too", async () => {
  await using script = await Running.start(`${TASK} ${OPEN} ${POOL}
    const calls = Array.from({ length: 9 }, (_, n) => pool.submit(inline((n) => n), n));
    try {
      await pool.map(task, items(), { drainOn: "SIGINT" });
    } catch (error) {
      console.log(error instanceof CancelledError, error.message);
    }
    console.log((await Promise.all(calls)).length, await pool.submit(inline(() => "open")));
  `);
  await script.printed("start", 2);
  script.kill("SIGINT");
  assertEquals((await script.ended()).code, 130);
  assertEquals(script.lines.slice(-2), ["true Task was cancelled: map() got SIGINT and drains", "9 open"]);
}, options);

for (
  const [what, run] of [
    ["map", `${POOL} const results = await pool.map(task, input(), { drainOn: "SIGINT" });`],
    ["pooled()", `${LOCAL} const results = await pooled(input(), local, { drainOn: "SIGINT" });`],
  ]
) {
  test(
    `drainOn of ${what}: a signal while the last items of an input that has ended run: the map succeeds`,
    async () => {
      const input = "const input = async function* () { yield* items().take(2); };";
      await using script = await Running.start(`${TASK} ${OPEN} ${input} ${run} console.log(results.join());`);
      await script.printed("start", 2);
      script.kill("SIGINT");
      assertEquals([(await script.ended()).code, script.lines.at(-1)], [130, "0,1"]);
    },
    options,
  );
}

for (
  const [what, run] of [
    ["map", `${POOL} await pool.map(inline(() => { console.log("start"); for (;;); }), [1], { drainOn: "SIGINT" });`],
    [
      "pooled()",
      `await pooled([1], () => new Promise(() => { console.log("start"); setInterval(() => {}, 1_000); }), {
        drainOn: "SIGINT",
      });`,
    ],
  ]
) {
  test(`drainOn of ${what}: the second signal ends the script at once, whatever runs`, async () => {
    await using script = await Running.start(`${TASK} ${run}`);
    await script.printed("start");
    script.kill("SIGINT");
    await script.printed("signal");
    script.kill("SIGINT");
    const { code, signal, stderr } = await script.ended();
    assertEquals([code, signal, stderr], [130, null, ""]);
  }, options);
}

test("drainOn of a map: after its end the signal has its usual effect", async () => {
  await using script = await Running.start(`
    { await using pool = new Pool(1); await pool.map(inline((n) => n), [1], { drainOn: "SIGINT" }); }
    await pooled([1], (n) => n, { drainOn: "SIGINT" });
    console.log("start");
    setTimeout(() => {}, 60_000);
  `);
  await script.printed("start");
  script.kill("SIGINT");
  assertEquals((await script.ended()).signal, "SIGINT");
}, options);

test("drainOn of a map: a bad signal is refused at the call", async () => {
  await using pool = new Pool({ backend: "async" });
  const message = '`drainOn` is "SIGKILL": it takes "SIGINT" | "SIGTERM"';
  const wrong = { drainOn: "SIGKILL" as never };
  assertThrows(() => pool.map((n: number) => n, [1], wrong), RangeError, message);
  assertThrows(() => pool.imap((n: number) => n, [1], wrong), RangeError, message);
  assertThrows(() => pooled([1], (n) => n, wrong), RangeError, message);
  assertThrows(() => pooled([1], (n) => n, { drainOn: 2 as never }), TypeError, "`drainOn` is 2");
  assertThrows(() => map(null as never, [1], wrong), TypeError);
});
