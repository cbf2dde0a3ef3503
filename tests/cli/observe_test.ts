import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { until, Workspace } from "./kit.ts";

Deno.test("--trace FILE records each item; isopool trace FILE --html PAGE makes a page of it", async () => {
  await using workspace = await Workspace.make();
  const map = await workspace.run(["map", "tasks.ts", "upper", "--trace", "out.json", ":::", "a", "b", "c"]);
  assertEquals(map.code, 0, map.stderr);
  const events = JSON.parse(await workspace.read("out.json")) as { ph: string; cat?: string; name: string }[];
  assertEquals(events.filter(({ ph, cat }) => ph === "X" && cat === "run").map(({ name }) => name), [
    "upper",
    "upper",
    "upper",
  ]);
  const made = await workspace.run(["trace", "out.json", "--html", "page.html"]);
  assertEquals([made.code, made.stdout, made.stderr], [0, "page.html: 3 calls\n", ""]);
  const page = await workspace.read("page.html");
  assertMatch(page, /^<!doctype html>/i);
  assertStringIncludes(page, '"upper"');
});

Deno.test("--trace: what the map has recorded is whole when an item fails, is stopped, or the disk is full", async () => {
  await using workspace = await Workspace.make();
  const map = await workspace.run(
    ["map", "tasks.ts", "mixed", "--trace", "out.json", "--timeout", "100ms", ":::", "a", "fail", "spin"],
  );
  assertEquals(map.code, 2);
  const events = JSON.parse(await workspace.read("out.json")) as { cat?: string; args?: { outcome?: string } }[];
  assertEquals(events.filter(({ cat }) => cat === "run").map(({ args }) => args?.outcome).sort(), [
    "fulfilled",
    "rejected",
    "rejected",
  ]);
  if (Deno.build.os !== "linux") return;
  const full = await workspace.run(["map", "tasks.ts", "same", "--trace", "/dev/full", ":::", "a"]);
  assertEquals([full.code, full.stdout], [255, '"a"\n']);
  assertMatch(full.stderr, /^isopool: .*No space left on device/m);
});

Deno.test("isopool trace: a missing FILE or --html, a page in place of the trace, and no trace are refused", async () => {
  await using workspace = await Workspace.make({ "out.json": "[", "no.json": "nothing\nat all\n" });
  const refused = async (args: string[], text: string) => {
    const { code, stdout, stderr } = await workspace.run(["trace", ...args]);
    assertEquals([code, stdout], [255, ""]);
    assertStringIncludes(stderr, text);
  };
  await refused([], "isopool trace needs one FILE and --html PAGE");
  await refused(["out.json"], "isopool trace needs one FILE and --html PAGE");
  await refused(["out.json", "--html", "./out.json"], '--html is "./out.json", the trace itself');
  await refused(["nope.json", "--html", "page.html"], "No such file");
  await refused(["no.json", "--html", "page.html"], "SyntaxError");
  assertEquals(await workspace.read("out.json"), "[");
});

Deno.test("--dashboard serves the live page while the map runs; its address goes to standard error", async () => {
  await using workspace = await Workspace.make();
  const child = workspace.start(["map", "tasks.ts", "waits", "--dashboard", ":::", "a"]);
  const stdout = new Response(child.stdout).text();
  let stderr = "";
  const errors = child.stderr.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({ write: (text) => void (stderr += text) }),
  );
  await until(() => workspace.has("started-a") && stderr.includes("\n"), "the item runs");
  const url = stderr.trim();
  assertMatch(url, /^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f-]{36}\/$/);
  assertStringIncludes(await (await fetch(url)).text(), "isopool");
  // An open page does not keep the command from its end.
  const events = await fetch(`${url}events`);
  const { port } = new URL(url);
  const other = await workspace.run(["map", "tasks.ts", "same", `--dashboard=${port}`, ":::", "a"]);
  assertEquals([other.code, other.stdout], [255, ""]);
  assertStringIncludes(other.stderr, "AddrInUse");
  await Deno.writeTextFile(workspace.path("go"), "");
  const [text, { code }] = await Promise.all([stdout, child.status, errors]);
  await events.body!.cancel();
  assertEquals([text, code], ['"a"\n', 0]);
});

Deno.test("--dashboard: a port that is none is refused", async () => {
  await using workspace = await Workspace.make();
  for (const port of ["soon", "-1", "70000"]) {
    const { code, stderr } = await workspace.run(["map", "tasks.ts", "same", `--dashboard=${port}`, ":::", "a"]);
    assertEquals(code, 255);
    assertStringIncludes(stderr, `--dashboard is "${port}": it takes a`);
  }
});

Deno.test("--timeout 300%: an item that runs far longer than the others is stopped", async () => {
  await using workspace = await Workspace.make();
  const items = Array.from({ length: 30 }, (_, n) => `item ${n}`);
  const run = await workspace.run(["map", "tasks.ts", "mixed", "--timeout", "300%", ":::", ...items, "spin"]);
  assertEquals(run.code, 1);
  assertMatch(run.stderr, /^isopool: item 31 \(spin\): TaskTimeoutError/m);
  assert(items.every((item) => run.stdout.includes(`"${item}"\n`)));
  for (const timeout of ["100%", "some%"]) {
    const { code, stderr } = await workspace.run(["map", "tasks.ts", "same", "--timeout", timeout, ":::", "a"]);
    assertEquals(code, 255);
    assertStringIncludes(stderr, `--timeout is "${timeout}": it takes a`);
  }
  const once = await workspace.run(["run", "tasks.ts", "same", "--timeout", "300%", "a"]);
  assertEquals(once.code, 255);
  assertStringIncludes(once.stderr, "--timeout 300% needs the run times of other calls");
});
