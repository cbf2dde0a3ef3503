import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { CheckpointError, inline, Pool, pooled } from "@isopool/isopool";
import { checkpointFile } from "../support/checkpoint_file.ts";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

test("pooled({ checkpoint }): a second run calls fn for new items only, and gives all results in order", async () => {
  await using file = await checkpointFile();
  const called: number[] = [];
  const square = (n: number) => (called.push(n), Promise.resolve({ square: n * n }));
  const checkpoint = file.path;
  await pooled([1, 2, 3], square, { checkpoint });
  const results = await pooled([3, 9, 1, 2], square, { checkpoint: new URL(`file://${file.path}`) });
  assertEquals(results, [{ square: 9 }, { square: 81 }, { square: 1 }, { square: 4 }]);
  assertEquals(called, [1, 2, 3, 9]);
});

test("pooled({ checkpoint }): with timeout, retry and rate, and an asynchronous input, and in a loop as they come", async () => {
  await using file = await checkpointFile();
  const options = { checkpoint: file.path, timeout: 60_000, retry: 1, rate: { limit: 100, interval: 1 } };
  await pooled([1, 2], (n) => n, options);
  async function* items() {
    for (const n of [1, 2, 3, 4]) yield await Promise.resolve(n);
  }
  const seen: number[] = [];
  for await (const n of pooled(items(), (n) => n, { ...options, ordered: false, concurrency: 2 })) seen.push(n);
  assertEquals(seen.sort(), [1, 2, 3, 4]);
  assertEquals((await file.records()).length, 4);
});

test("the file has a header and a line for each item: the item, its place, its result", async () => {
  await using file = await checkpointFile();
  const load = (text: string) => ({ length: text.length });
  await pooled(["a.png", "x".repeat(200)], load, { checkpoint: file.path, concurrency: 1 });
  const [header, first, long] = (await file.text()).trimEnd().split("\n");
  assertMatch(header, /^\{"isopool":"checkpoint","version":1,"task":"load","code":"[\w-]{43}"\}$/);
  assertEquals(first, '{"item":"a.png","index":0,"value":{"length":5}}');
  assertMatch(long, /^\{"hash":"[\w-]{43}","index":1,"value":\{"length":200\}\}$/);
});

test("dates, undefined, BigInts and NaN in items and results come back as they were", async () => {
  await using file = await checkpointFile();
  const results = [
    undefined,
    { at: new Date(5), n: 1n, no: undefined },
    [NaN, -0],
    "x",
    null,
    true,
    "y".repeat(1 << 17),
  ];
  let calls = 0;
  const run = () =>
    pooled([new Date(0), undefined, 1n, { n: NaN }, "", [], 7], (_, { index }) => (calls++, results[index]), {
      checkpoint: file.path,
    });
  assertEquals(await run(), results);
  assertEquals(await run(), results);
  assertEquals(calls, 7);
});

test("an item whose result is not JSON is recorded by its place, and runs again; with results: false it is skipped", async () => {
  await using file = await checkpointFile();
  const called: number[] = [];
  const digest = (n: number) => (called.push(n), n === 1 ? new Uint8Array([n]) : n);
  const run = (results: boolean) =>
    pooled([0, 1, 2], digest, { checkpoint: { path: file.path, results }, concurrency: 1 });
  assertEquals(await run(true), [0, new Uint8Array([1]), 2]);
  assertEquals((await file.records())[1], { item: 1, index: 1, done: true });
  assertEquals(await run(true), [0, new Uint8Array([1]), 2]);
  assertEquals(called, [0, 1, 2, 1]);
  assertEquals(await run(false), [0, undefined, 2]);
  assertEquals(called, [0, 1, 2, 1]);
});

test("items that are alike have a record each, and each gets that of its own place", async () => {
  await using file = await checkpointFile();
  let drawn = 0;
  const draw = () => drawn++;
  const first = await pooled(Array(100).fill("sample"), draw, { checkpoint: file.path });
  const second = await pooled(Array(101).fill("sample"), draw, { checkpoint: file.path });
  assertEquals(second, [...first, 100]);
});

test("checkpoint.key names items that are not JSON; without it they are refused, with the way out", async () => {
  await using file = await checkpointFile();
  const urls = [new URL("http://a/1"), new URL("http://a/2")];
  const path = (url: URL) => url.pathname;
  const error = await assertRejects(() => pooled(urls, path, { checkpoint: file.path }).then(), TypeError);
  assertMatch(error.message, /items\[0\] is not JSON.*checkpoint: \{ path, key/);
  const checkpoint = { path: file.path, key: (url: URL) => url.href };
  assertEquals(await pooled(urls, path, { checkpoint }), ["/1", "/2"]);
  assertEquals((await file.records()).map(({ key }) => key), ["http://a/1", "http://a/2"]);
  assertEquals(await pooled([urls[1]], path, { checkpoint }), ["/2"]);
  assertEquals((await file.records()).length, 2);
  const bad = { path: file.path, key: () => 5 as unknown as string };
  await assertRejects(() => pooled([1], String, { checkpoint: bad }).then(), TypeError, "returned 5 for items[0]");
});

test("a changed function: its items run again, or the run is refused, or the results are kept", async () => {
  await using file = await checkpointFile();
  const checkpoint = (onChange: "rerun" | "refuse" | "keep") => ({ checkpoint: { path: file.path, onChange } });
  assertEquals(await pooled([1, 2], (n) => n * 2, checkpoint("refuse")), [2, 4]);
  const before = await file.text();
  const error = await assertRejects(() => pooled([1, 2], (n) => n * 3, checkpoint("refuse")).then(), CheckpointError);
  assertMatch(error.message, /the code of the task has changed.*onChange/);
  assertEquals(await file.text(), before);
  assertEquals(await pooled([1, 2, 3], (n) => n * 3, checkpoint("keep")), [2, 4, 9]);
  assertEquals(await pooled([1, 2, 3], (n) => n * 3, checkpoint("rerun")), [3, 6, 9]);
  assertEquals(await pooled([1, 2], (n) => n * 2, checkpoint("rerun")), [2, 4]);
});

test("a changed item runs again; with onChange: refuse the run is refused, and names the item", async () => {
  await using file = await checkpointFile();
  const called: string[] = [];
  const load = (name: string) => (called.push(name), name.length);
  await pooled(["a", "bb", "ccc"], load, { checkpoint: file.path });
  await pooled(["a", "bbbb", "ccc"], load, { checkpoint: file.path });
  assertEquals(called, ["a", "bb", "ccc", "bbbb"]);
  const checkpoint = { path: file.path, onChange: "refuse" } as const;
  assertEquals(await pooled(["a", "bb", "ccc"], load, { checkpoint }), [1, 2, 3]);
  const error = await assertRejects(() => pooled(["a", "x", "ccc"], load, { checkpoint }).then(), CheckpointError);
  assertMatch(error.message, /items\[1\] has changed/);
  assertEquals(called.length, 4);
});

test("a torn last line is cut off, and its item runs again", async () => {
  await using file = await checkpointFile();
  const called: number[] = [];
  const run = () => pooled([1, 2, 3], (n) => (called.push(n), `é${n}`), { checkpoint: file.path, concurrency: 1 });
  await run();
  const bytes = await Deno.readFile(file.path);
  const lastLine = bytes.lastIndexOf(10, bytes.length - 2) + 1;
  // Cut after every byte of the last line, also within the character of two bytes, and right before its line break.
  for (let size = lastLine + 1; size < bytes.length; size++) {
    await Deno.writeFile(file.path, bytes.subarray(0, size));
    called.length = 0;
    assertEquals([await run(), called], [["é1", "é2", "é3"], [3]]);
    assertEquals(await Deno.readFile(file.path), bytes);
  }
  // A header that was torn: the file is started again.
  await Deno.writeFile(file.path, bytes.subarray(0, 10));
  called.length = 0;
  assertEquals([(await run()).length, called], [3, [1, 2, 3]]);
});

test("a file that is not a checkpoint, or has a line that is not a record, is refused and left as it is", async () => {
  await using file = await checkpointFile();
  for (const text of ["my notes", '{"name":"package"}\n', "[1, 2]"]) {
    await Deno.writeTextFile(file.path, text);
    await assertRejects(
      () => pooled([1], (n) => n, { checkpoint: file.path }).then(),
      CheckpointError,
      "is not a checkpoint",
    );
    assertEquals(await file.text(), text);
  }
  await Deno.remove(file.path);
  await pooled([1], (n) => n, { checkpoint: file.path });
  const broken = `${await file.text()}garbage\n`;
  await Deno.writeTextFile(file.path, broken);
  await assertRejects(() => pooled([1], (n) => n, { checkpoint: file.path }).then(), CheckpointError, "line 3");
  assertEquals(await file.text(), broken);
});

test("a file that cannot be used: the error says why, names the way out, and its first line is the caller's", async () => {
  await using file = await checkpointFile();
  await Deno.writeTextFile(file.path, "my notes");
  await using pool = new Pool({ workers: 1 });
  const same = inline((n: number) => n);
  const maps: ((path: string) => PromiseLike<unknown>)[] = [
    (path) => pooled([1], (n) => n, { checkpoint: path }),
    (path) => pool.map(same, [1], { checkpoint: path }),
    (path) => Array.fromAsync(pool.imap(same, [1], { checkpoint: path })),
  ];
  const folder = `${file.path}.folder`;
  await Deno.mkdir(folder);
  for (const map of maps) {
    for (const [path, why] of [[file.path, "is not a checkpoint"], [folder, "cannot be opened: "]]) {
      const error = await assertRejects(async () => void await map(path), CheckpointError, why);
      assertMatch(error.stack!.split("\n")[1], /^ {4}at .*\/pooled_test\.ts:\d+/);
    }
  }
  await Deno.remove(folder);
  const { stderr } = await runScript(
    `import { pooled } from "@isopool/isopool";\nawait pooled([1], (n) => n, { checkpoint: "new.jsonl" });`,
    { permissions: ["--allow-read", "--no-prompt"] },
  );
  assertMatch(stderr, /CheckpointError: .* cannot be opened: NotCapable: Requires write access .*--allow-write flag\n/);
  assertMatch(stderr, /^ {4}at .*\/main\.ts:2:/m);
});

test("two runs on one file: the second is refused, and the first goes on; after its end the file is free", async () => {
  await using file = await checkpointFile();
  const gate = Promise.withResolvers<void>();
  const first = pooled([1, 2], async (n) => (await gate.promise, n), { checkpoint: file.path });
  const error = await assertRejects(() => pooled([1], (n) => n, { checkpoint: file.path }).then(), CheckpointError);
  assertMatch(error.message, /another run has the checkpoint .*run\.jsonl/);
  gate.resolve();
  assertEquals(await first, [1, 2]);
  assertEquals(await pooled([1], (n) => n, { checkpoint: file.path }), [1]);
});

Deno.test("bad values of the option are refused at the call", () => {
  const refuses = (checkpoint: unknown, text: RegExp) => {
    const error = assertThrows(() => pooled([1], (n) => n, { checkpoint } as never), Error);
    assertMatch(error.message, text);
  };
  refuses(5, /`checkpoint` is 5: it takes the path of a file/);
  refuses("", /`checkpoint.path` is ""/);
  refuses({}, /`checkpoint.path` is undefined/);
  refuses({ path: "x", onChange: "ask" }, /`checkpoint.onChange` is "ask": it takes "rerun" \| "refuse" \| "keep"/);
  refuses({ path: "x", failed: "no" }, /`checkpoint.failed` is "no"/);
  refuses({ path: "x", key: "id" }, /`checkpoint.key` is "id": it takes a function/);
  refuses({ path: "x", results: 1 }, /`checkpoint.results` is 1/);
  refuses({ path: "x", file: "y" }, /unknown option `file`/);
});
