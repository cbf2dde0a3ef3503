import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ended, lines, until, Workspace } from "./kit.ts";

const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i));

Deno.test("-k gives results in input order; without it, all of them", async () => {
  await using workspace = await Workspace.make();
  const input = numbers(5_000).join("\n");
  const ordered = await workspace.run(["map", "tasks.ts", "same", "-k"], input);
  assertEquals(lines(ordered.stdout), numbers(5_000).map((n) => `"${n}"`));
  const other = await workspace.run(["map", "tasks.ts", "same"], input);
  assertEquals(lines(other.stdout).sort(), lines(ordered.stdout).sort());
});

Deno.test("exit code: 0, the number of failures up to 100, 101 for more; each failure names its item, and the line that threw", async () => {
  await using workspace = await Workspace.make();
  const run = (count: number) => workspace.run(["map", "tasks.ts", "even", ":::", ...numbers(count)]);
  assertEquals((await run(1)).code, 0);
  const three = await run(6);
  assertEquals([three.code, lines(three.stdout).sort()], [3, ["0", "2", "4"]]);
  assertMatch(three.stderr, /^isopool: item 4 \(3\): TypeError: 3 is odd\n {4}at even \(file:.*tasks\.ts:\d+:\d+\)$/m);
  assertEquals((await run(200)).code, 100);
  assertEquals((await run(202)).code, 101);
});

Deno.test("exit code 255: a wrong command line says the option, the value and the way out", async () => {
  await using workspace = await Workspace.make();
  for (
    const [args, message] of [
      [["map"], "isopool map needs MODULE and EXPORT"],
      [
        ["map", "gzip -9", ":::", "a"],
        "It calls functions: to run a program, write one that starts it by Deno.Command",
      ],
      [["map", "tasks.ts", "same", "--files", "none/*"], "--files none/* matches no path"],
      [["map", "tasks.ts"], "EXPORT: the name of a function of tasks.ts"],
      [["map", "tasks.ts", "same", "--foo"], "Unknown option --foo: see isopool map --help"],
      [["map", "tasks.ts", "same", "--job", "3"], "Unknown option --job: did you mean --jobs? See isopool map --help"],
      [["map", "tasks.ts", "same", "-j", "0"], '--jobs is "0": it takes'],
      [["map", "tasks.ts", "same", "--timeout", "soon"], '--timeout is "soon": it takes a time: 500ms'],
      [["map", "tasks.ts", "same", "--timeout"], "--timeout takes TIME|N%: it stands without a value"],
      [["map", "tasks.ts", "same", "--to", "xml"], '--to is "xml": it takes jsonl | csv | raw'],
      [["map", "tasks.ts", "same", "--halt", "fail"], '--halt is "fail": it takes never'],
      [["map", "tasks.ts", "same", "-0", "--pipe"], "contradict each other"],
      [["map", "tasks.ts", "same", "file", ":::", "a"], "Items come from values after ::: and files: give one"],
      [["map", "tasks.ts", "nope", ":::", "a"], 'no such export: it exports "big", "bytes"'],
      [["map", "nope.ts", "nope", ":::", "a"], "Module not found"],
      [["mop"], "Unknown command mop: did you mean map? See isopool --help"],
    ] as [string[], string][]
  ) {
    const { code, stdout, stderr } = await workspace.run(args);
    assertEquals([code, stdout], [255, ""], args.join(" "));
    assertStringIncludes(stderr, message);
  }
});

Deno.test("--to raw writes text and bytes as they are, and nothing for nothing; --to csv has a header", async () => {
  await using workspace = await Workspace.make();
  assertEquals(
    (await workspace.run(["map", "tasks.ts", "same", "-k", "--to", "raw", ":::", "a", "b c"])).stdout,
    "a\nb c\n",
  );
  assertEquals(
    (await workspace.run(["map", "tasks.ts", "bytes", "-k", "--to", "raw", ":::", "a", "b"])).stdout,
    "<a><b>",
  );
  assertEquals((await workspace.run(["map", "tasks.ts", "nothing", "--to", "raw", ":::", "a"])).stdout, "");
  assertEquals((await workspace.run(["map", "tasks.ts", "nothing", ":::", "a"])).stdout, "null\n");
  const args = [
    "map",
    "tasks.ts",
    "same",
    "-k",
    "--from",
    "jsonl",
    "--to",
    "csv",
    ":::",
    '{"a":1,"b":"x,y"}',
    '{"b":"\\""}',
  ];
  assertEquals((await workspace.run(args)).stdout, 'a,b\n1,"x,y"\n,""""\n');
  const other = await workspace.run([...args, '{"c":1}']);
  assertEquals(other.code, 1);
  assertStringIncludes(other.stderr, 'the first result has no column "c"');
});

Deno.test("--tag: each line of output begins with its item and a tab", async () => {
  await using workspace = await Workspace.make();
  const { stdout } = await workspace.run(["map", "tasks.ts", "same", "-0k", "--tag", "--to", "raw"], "a\nb\0c");
  assertEquals(stdout, '"a\\nb"\ta\n"a\\nb"\tb\nc\tc\n');
});

Deno.test("what tasks print goes to standard error: standard output holds the results", async () => {
  await using workspace = await Workspace.make();
  for (const backend of ["worker", "process", "async"]) {
    const { code, stdout, stderr } = await workspace.run([
      "map",
      "tasks.ts",
      "prints",
      "--backend",
      backend,
      ":::",
      "a",
    ]);
    assertEquals([code, stdout], [0, '"a"\n'], backend);
    for (const text of ["log a", "info", "debug", '{ text: "a" }', "group", "inside", "count: 1", "time: "]) {
      assertStringIncludes(stderr, text);
    }
  }
});

Deno.test("--backend and -j: threads, processes, this thread; as many as -j says", async () => {
  await using workspace = await Workspace.make();
  const input = numbers(400).join("\n");
  const threadsOf = async (...flags: string[]) =>
    new Set(lines((await workspace.run(["map", "tasks.ts", "thread", "--to", "raw", ...flags], input)).stdout));
  assertEquals((await threadsOf("-j1")).size, 1);
  assertEquals((await threadsOf("-j1%")).size, 1);
  assertEquals((await threadsOf("--backend", "async")).size, 1);
});

Deno.test("--backend process -j 2: two processes of their own at a time", async () => {
  await using workspace = await Workspace.make();
  const child = workspace.start(["map", "tasks.ts", "waits", "--backend", "process", "-j", "2", ":::", "a", "b"]);
  await until(() => workspace.has("started-a") && workspace.has("started-b"), "both run");
  const children = lines(await Deno.readTextFile(`/proc/${child.pid}/task/${child.pid}/children`).catch(() => ""));
  await Deno.writeTextFile(workspace.path("go"), "");
  const { code, stdout } = ended(await child.output());
  assertEquals([code, lines(stdout).sort()], [0, ['"a"', '"b"']]);
  assertEquals(children[0]?.trim().split(" ").length, 2);
});

Deno.test("--timeout stops a task that spins, and --retries tries again", async () => {
  await using workspace = await Workspace.make();
  const late = await workspace.run(["map", "tasks.ts", "spin", "--timeout", "100ms", ":::", "a"]);
  assertEquals(late.code, 1);
  assertStringIncludes(late.stderr, "TaskTimeoutError");
  assertEquals((await workspace.run(["map", "tasks.ts", "failsOnce", ":::", "one"])).code, 1);
  assertEquals((await workspace.run(["map", "tasks.ts", "failsOnce", "--retries", "1", ":::", "two"])).code, 0);
});

Deno.test("--rate 2/500ms: six items take at least 1 s", async () => {
  await using workspace = await Workspace.make();
  const start = performance.now();
  assertEquals((await workspace.run(["map", "tasks.ts", "same", "--rate", "2/500ms", ":::", ...numbers(6)])).code, 0);
  assert(performance.now() - start >= 1_000);
});

Deno.test("--allow-read=FOLDER lets tasks read that and no more, on threads and processes; --deny-net denies one kind", async () => {
  await using workspace = await Workspace.make({ secret: "s" });
  await Deno.mkdir(workspace.path("open"));
  await Deno.writeTextFile(workspace.path("open/file"), "text");
  for (const backend of ["worker", "process"]) {
    const run = (path: string, ...flags: string[]) =>
      workspace.run(["map", "tasks.ts", "reads", "--backend", backend, ...flags, ":::", path]);
    const open = await run("open/file", "--allow-read=open");
    assertEquals([open.code, open.stdout], [0, '"text"\n'], open.stderr);
    const secret = await run("secret", "--allow-read=open");
    assertEquals(secret.code, 1);
    assertMatch(secret.stderr, /NotCapable/);
    assertEquals((await run("secret", "--deny-read")).code, 1);
    assertEquals((await run("secret", "--deny-net")).code, 0);
  }
});

Deno.test("--dry-run prints the calls and runs nothing", async () => {
  await using workspace = await Workspace.make();
  const { code, stdout } = await workspace.run(["map", "tasks.ts", "logged", "--dry-run", ":::", "1", "a b", "c\td"]);
  assertEquals([code, lines(stdout)], [0, [
    "isopool map tasks.ts logged 1",
    "isopool map tasks.ts logged a b",
    'isopool map tasks.ts logged "c\\td"',
  ]]);
  assertEquals([...Deno.readDirSync(workspace.folder)].map(({ name }) => name), ["tasks.ts"]);
});

Deno.test("--bar: where there is no terminal, standard error gets a line at the end", async () => {
  await using workspace = await Workspace.make();
  const { code, stderr } = await workspace.run(["map", "tasks.ts", "same", "--bar", ":::", "a", "b"]);
  assertEquals(code, 0);
  assertMatch(stderr, /^2\/2 100% .*\n$/);
});

Deno.test("--bar with --files: the paths that match are counted before the first of them runs", async () => {
  await using workspace = await Workspace.make({ "a.txt": "1", "b.txt": "2", "c.txt": "3" });
  const { code, stdout, stderr } = await workspace.run(["map", "tasks.ts", "same", "--bar", "--files", "*.txt"]);
  assertEquals([code, lines(stdout).sort()], [0, ['"a.txt"', '"b.txt"', '"c.txt"']]);
  assertMatch(stderr, /^3\/3 100% .*\n$/);
});

Deno.test("--help of each command shows its options and examples; --help of all names the commands", async () => {
  await using workspace = await Workspace.make();
  const all = await workspace.run(["--help"]);
  assertEquals(all.code, 0);
  const names = [...all.stdout.matchAll(/^ {2}(\w+) {2,}/gm)].map(([, name]) => name);
  assert(names.includes("map"));
  for (const name of names) {
    const { code, stdout } = await workspace.run([name, "--help"]);
    assertEquals(code, 0);
    assertStringIncludes(stdout, `isopool ${name}`);
    assertStringIncludes(stdout, "Examples");
    assert(!stdout.includes("\x1b"), "NO_COLOR is set");
  }
});
