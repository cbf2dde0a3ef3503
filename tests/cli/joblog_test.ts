import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ended, lines, until, Workspace } from "./kit.ts";

const HEADER = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand";

async function rows(workspace: Workspace, name = "log"): Promise<string[][]> {
  const [header, ...rest] = lines(await workspace.read(name));
  assertEquals(header, HEADER);
  return rest.map((row) => row.split("\t"));
}

Deno.test("--joblog has GNU parallel's nine columns: times in seconds, exit values, -1 15 for a timeout", async () => {
  await using workspace = await Workspace.make();
  const before = Date.now() / 1_000;
  await workspace.run(["map", "tasks.ts", "even", "-k", "--joblog", "log", ":::", "2", "3", "a\tb\nc"]);
  const found = await rows(workspace);
  assertEquals(found.map((row) => row.length), [9, 9, 9]);
  assertEquals(found.map(([seq, host, , , send, receive, exit, signal]) => [seq, host, send, receive, exit, signal]), [
    ["1", ":", "0", "2", "0", "0"],
    ["2", ":", "0", "0", "1", "0"],
    ["3", ":", "0", "5", "0", "0"],
  ]);
  for (const [, , start, runtime] of found) {
    assert(Number(start) >= before && Number(start) + Number(runtime) <= Date.now() / 1_000 + 1, `${start} ${runtime}`);
  }
  assertStringIncludes(found[0][8], "isopool map tasks.ts even 2 # ");
  assertStringIncludes(found[2][8], String.raw`even "a\tb\nc" # `);
  await workspace.run(["map", "tasks.ts", "spin", "--timeout", "100ms", "--joblog", "log", ":::", "a"]);
  const [[, , , runtime, , , ...how]] = await rows(workspace);
  assertEquals(how.slice(0, 2), ["-1", "15"]);
  assert(Number(runtime) >= 0.1, runtime);
  await workspace.run(["map", "tasks.ts", "exit", "--joblog", "log", ":::", "7"]);
  assertEquals((await rows(workspace))[0].slice(6, 8), ["7", "0"]);
});

Deno.test("--joblog has one row for an item that was tried twice", async () => {
  await using workspace = await Workspace.make();
  await workspace.run(["map", "tasks.ts", "failsOnce", "--retries", "3", "--joblog", "log", ":::", "x"]);
  assertEquals((await rows(workspace)).map((row) => row[6]), ["0"]);
});

Deno.test("--resume leaves out what is done by what it is, whatever its position; --resume-failed tries failures again", async () => {
  await using workspace = await Workspace.make();
  const run = (flag: string, ...values: string[]) =>
    workspace.run(["map", "tasks.ts", "logged", "-k", "--joblog", "log", flag, ":::", ...values]);
  assertEquals((await run("--resume", "1", "2", "3")).code, 2);
  // One more in front, one less, and one twice.
  const more = await run("--resume", "4", "3", "2", "2");
  assertEquals([more.code, more.stdout], [0, '"4"\n"2"\n']);
  assertEquals(lines(await workspace.read("ran")), ["1", "2", "3", "4", "2"]);
  await Deno.writeTextFile(workspace.path("repaired"), "");
  const failed = await run("--resume-failed", "1", "2", "3", "4");
  assertEquals([failed.code, failed.stdout], [0, '"1"\n"3"\n']);
  assertEquals((await run("--resume-failed", "1", "2", "3", "4")).stdout, "");
  assertEquals((await rows(workspace)).map(([seq, ...row]) => [seq, row[5]]), [
    ["1", "1"],
    ["2", "0"],
    ["3", "1"],
    ["1", "0"],
    ["4", "0"],
    ["1", "0"],
    ["3", "0"],
  ]);
  // An item that has failed and then succeeded is done once.
  assertEquals((await run("--resume", "1", "1")).stdout, '"1"\n');
});

Deno.test("--resume runs again what changed code has computed; a torn last row is cut off", async () => {
  await using workspace = await Workspace.make({ "m.ts": "export const f = (s: string) => s;" });
  const args = ["map", "m.ts", "f", "-k", "--joblog", "log", "--resume", ":::", "a", "b"];
  assertEquals((await workspace.run(args)).stdout, '"a"\n"b"\n');
  const text = await workspace.read("log");
  await Deno.writeTextFile(workspace.path("log"), text.slice(0, -10));
  assertEquals((await workspace.run(args)).stdout, '"b"\n');
  assertEquals((await rows(workspace)).map((row) => row.length), [9, 9]);
  assertEquals((await workspace.run(args)).stdout, "");
  await Deno.writeTextFile(workspace.path("m.ts"), "export const f = (s: string) => s + s;");
  assertEquals((await workspace.run(args)).stdout, '"aa"\n"bb"\n');
});

Deno.test("--resume after kill -9: what has ended does not run again, and what ran does", async () => {
  await using workspace = await Workspace.make();
  const args = ["map", "tasks.ts", "waits", "-j1", "--joblog", "log", "--resume", ":::", "a", "b"];
  const child = workspace.start(args);
  const output = child.output();
  await until(() => workspace.has("started-a"), "the first runs");
  await Deno.writeTextFile(workspace.path("go"), "");
  // Removed while the second may run or not: it waits, or is done.
  await until(async () => workspace.has("log") && (await rows(workspace)).length > 0, "the first has a row");
  child.kill("SIGKILL");
  await output;
  const known = (await rows(workspace)).length;
  const { code, stdout } = await workspace.run(args);
  assertEquals([code, lines(stdout).length, (await rows(workspace)).length], [0, 2 - known, 2]);
});

Deno.test("--resume needs --joblog, and refuses the log of another program and of a run that goes on", async () => {
  await using workspace = await Workspace.make({
    other: `${HEADER}\n1\t:\t1.0\t0.1\t0\t0\t0\t0\techo a\n1\t:\t1.0\t0.1\t0\t0\t0\t0\techo b\n`,
  });
  const without = await workspace.run(["map", "tasks.ts", "same", "--resume", ":::", "a"]);
  assertEquals(without.code, 255);
  assertStringIncludes(without.stderr, "--resume needs --joblog FILE");
  const other = await workspace.run(["map", "tasks.ts", "same", "--resume", "--joblog", "other", ":::", "a"]);
  assertEquals(other.code, 255);
  assertStringIncludes(other.stderr, "rows without a hash");
  const child = workspace.start(["map", "tasks.ts", "waits", "--joblog", "log", ":::", "a"]);
  await until(() => workspace.has("started-a"), "it runs");
  const second = await workspace.run(["map", "tasks.ts", "waits", "--joblog", "log", ":::", "a"]);
  assertEquals(second.code, 255);
  assertStringIncludes(second.stderr, "another run writes it");
  await Deno.writeTextFile(workspace.path("go"), "");
  assertEquals(ended(await child.output()).code, 0);
});

Deno.test("--results DIR has a file for each item, --results FILE.csv a row", async () => {
  await using workspace = await Workspace.make();
  await workspace.run(["map", "tasks.ts", "even", "--results", "out", ":::", "2", "3"]);
  assertEquals([await workspace.read("out/1.json"), await workspace.read("out/2.error")], [
    "2\n",
    "TypeError: 3 is odd\n",
  ]);
  assertEquals([...Deno.readDirSync(workspace.path("out"))].length, 2);
  const { code, stdout } = await workspace.run([
    "map",
    "tasks.ts",
    "even",
    "-k",
    "--results",
    "t.csv",
    ":::",
    "2",
    "3,",
  ]);
  assertEquals([code, stdout], [0, ""]);
  const [header, first, second] = lines(await workspace.read("t.csv"));
  assertEquals(header, "Seq,Host,Starttime,JobRuntime,Send,Receive,Exitval,Signal,Command,V1,Stdout,Stderr");
  assert(/^1,:,[\d.]+,[\d.]+,0,1,0,0,isopool map tasks.ts even,2,2,$/.test(first), first);
  assert(/^2,:,.*,0,0,isopool map tasks.ts even,"3,",null,$/.test(second), second);
});
