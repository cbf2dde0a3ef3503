import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { pause } from "../support/within.ts";
import { ended, lines, until, Workspace } from "./kit.ts";

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test(`the first ${signal} finishes what runs and starts nothing more, exit code ${code}`, async () => {
    await using workspace = await Workspace.make();
    for (const backend of ["worker", "process"]) {
      const args = ["map", "tasks.ts", "waits", "-j2", "--backend", backend, "--joblog", "log"];
      const child = workspace.start([...args, ":::", ...Array.from({ length: 40 }, (_, i) => `${i}`)]);
      const stdout = new Response(child.stdout).text();
      const stderr = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
      await until(() => workspace.has("started-0") && workspace.has("started-1"), "two run");
      child.kill(signal);
      // What it says on standard error means that it starts nothing more.
      const said = (await stderr.read()).value!;
      await Deno.writeTextFile(workspace.path("go"), "");
      assertEquals([(await child.status).code, lines(await stdout).sort()], [code, ['"0"', '"1"']]);
      assertStringIncludes(said, `${signal}: finishes what runs`);
      await stderr.cancel();
      assertEquals(lines(await workspace.read("log")).length, 3);
      assertEquals(workspace.count("started-"), 2);
      for (const name of ["go", "started-0", "started-1"]) await Deno.remove(workspace.path(name));
    }
  });
}

Deno.test("the second SIGINT stops at once; the job log is whole", async () => {
  await using workspace = await Workspace.make();
  const child = workspace.start(["map", "tasks.ts", "waits", "-j2", "--joblog", "log", ":::", "a", "b", "c"]);
  const stderr = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  await until(() => workspace.has("started-a") && workspace.has("started-b"), "two run");
  child.kill("SIGINT");
  assertStringIncludes((await stderr.read()).value!, "finishes what runs");
  child.kill("SIGINT");
  assertEquals((await child.status).code, 130);
  assertEquals(lines(await workspace.read("log")).length, 1);
  await child.stdout.cancel();
  await stderr.cancel();
});

Deno.test("SIGINT ends a command that waits for its input", async () => {
  await using workspace = await Workspace.make();
  const child = workspace.start(["map", "tasks.ts", "same"], { stdin: "piped" });
  const writer = child.stdin.getWriter();
  const stdout = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  await writer.write(new TextEncoder().encode("a\n"));
  assertEquals((await stdout.read()).value, '"a"\n');
  child.kill("SIGINT");
  assertEquals((await child.status).code, 130);
  await writer.abort().catch(() => {});
  await stdout.cancel();
  await child.stderr.cancel();
});

Deno.test("a reader of the output that leaves ends the command quietly, exit code 141", async () => {
  await using workspace = await Workspace.make();
  const { stdout, stderr } = await workspace.shell(
    'seq 1000000 | isopool map tasks.ts same | head -n 2 > two; echo "${PIPESTATUS[1]}"; wc -l < two',
  );
  assertEquals([stdout, stderr], ["141\n2\n", ""]);
});

Deno.test("a full disk is an error; the job log has whole rows, for results that were written", async () => {
  await using workspace = await Workspace.make();
  const full = await workspace.shell('isopool map tasks.ts same ::: a b > /dev/full; echo "$?"');
  assertEquals(full.stdout, "255\n");
  assertStringIncludes(full.stderr, "No space left on device");
  const mounted = await workspace.shell("mkdir disk && mount -t tmpfs -o size=64k tmpfs disk");
  if (mounted.code !== 0) return; // Only root may mount.
  try {
    const line = "seq 5000 | isopool map tasks.ts same --joblog disk/log";
    const log = await workspace.shell(`${line} > all; echo $?`);
    assertEquals(log.stdout, "255\n");
    assertStringIncludes(log.stderr, "No space left on device");
    const [, ...rows] = lines(await workspace.read("disk/log"));
    assert(rows.length > 100, `${rows.length} rows`);
    assert((await workspace.read("disk/log")).endsWith("\n"), "the last row is whole");
    for (const row of rows) assertEquals(row.split("\t").length, 9);
    await Deno.remove(workspace.path("disk/log"));
    // The output fills the disk, and the log is elsewhere.
    const output = await workspace.shell("seq 500 | isopool map tasks.ts big --joblog log > disk/out; echo $?");
    assertEquals(output.stdout, "255\n");
    const written = lines(await workspace.read("disk/out")).length;
    const logged = lines(await workspace.read("log")).length - 1;
    assert(logged <= written, `${logged} rows for ${written} lines`);
  } finally {
    await workspace.shell("umount disk");
  }
});

Deno.test("--halt: soon finishes what runs, now stops it, success ends with 0, a percentage counts from three failures", async () => {
  await using workspace = await Workspace.make();
  const many = Array.from({ length: 300 }, (_, i) => `${i}`);
  const run = (halt: string, task: string, values: string[], ...flags: string[]) =>
    workspace.run(["map", "tasks.ts", task, "-k", "-j1", "--halt", halt, ...flags, ":::", ...values]);
  const soon = await run("soon,fail=1", "even", ["0", "1", ...many]);
  assert(soon.code >= 1 && soon.code < 100, `${soon.code}`);
  const now = await workspace.run(["map", "tasks.ts", "mixed", "-j2", "--halt", "now,fail=1", ":::", "spin", "fail"]);
  assertEquals(now.code, 1);
  const success = await workspace.run([
    "map",
    "tasks.ts",
    "mixed",
    "-j2",
    "--halt",
    "now,success=1",
    ":::",
    "spin",
    "a",
  ]);
  assertEquals([success.code, success.stdout], [0, '"a"\n']);
  assertEquals((await run("never", "even", ["1", "3", "5"])).code, 3);
  // Two of three are failures, and the limit needs three.
  const few = await run("now,fail=50%", "even", ["1", "3", "2", "4", "6", "8"]);
  assertEquals([few.code, lines(few.stdout).length], [2, 4]);
});

Deno.test("kill -9 of the command leaves no process of --backend process behind", async () => {
  await using workspace = await Workspace.make();
  const child = workspace.start(["map", "tasks.ts", "spinsAs", "-j2", "--backend", "process", ":::", "a", "b"]);
  const output = child.output();
  await until(() => workspace.has("pid-a") && workspace.has("pid-b"), "both run");
  const pids = await Promise.all(["pid-a", "pid-b"].map((name) => workspace.read(name)));
  child.kill("SIGKILL");
  await output;
  await until(() => pids.every((pid) => !isAlive(pid)), "both are gone");
});

function isAlive(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

Deno.test("--memfree and --load hold items back; Ctrl-C ends the wait", async () => {
  await using workspace = await Workspace.make();
  assertEquals(
    (await workspace.run(["map", "tasks.ts", "same", "--memfree", "1k", "--load", "100000%", ":::", "a"])).code,
    0,
  );
  for (const flags of [["--memfree", "9000T"], ["--load", "0"]]) {
    const child = workspace.start(["map", "tasks.ts", "same", ...flags, "--joblog", "log", ":::", "a"]);
    await until(() => workspace.has("log"), "it has begun");
    await pause(500); // Time in which it would run.
    child.kill("SIGINT");
    const { code, stdout } = ended(await child.output());
    assertEquals([code, stdout], [130, ""], flags.join(" "));
    await Deno.remove(workspace.path("log"));
  }
});
