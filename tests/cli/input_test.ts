import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { lines, Workspace } from "./kit.ts";

Deno.test("lines of standard input are items; the last needs no line end, and empty ones count", async () => {
  await using workspace = await Workspace.make();
  const { code, stdout } = await workspace.run(["map", "tasks.ts", "upper", "-k"], "a\n\n b c \nd");
  assertEquals([code, stdout], [0, '"A"\n""\n" B C "\n"D"\n']);
});

Deno.test("files are read one after another, and - is standard input", async () => {
  await using workspace = await Workspace.make({ one: "1\n2\n", two: "4" });
  const { code, stdout } = await workspace.run(["map", "tasks.ts", "same", "-k", "one", "-", "two"], "3\n");
  assertEquals([code, stdout], [0, '"1"\n"2"\n"3"\n"4"\n']);
});

Deno.test("-0: items hold line breaks, quotes and what a shell would run", async () => {
  await using workspace = await Workspace.make();
  const odd = ["a\nb", "$(touch bad)", "`touch bad`", "; touch bad", "'\"", "*", "-k", "ü 漢 😀", "\\n", "%s"];
  const { code, stdout } = await workspace.run(["map", "tasks.ts", "same", "-0k"], odd.join("\0"));
  assertEquals([code, lines(stdout).map((line) => JSON.parse(line))], [0, odd]);
  assertEquals([...Deno.readDirSync(workspace.folder)].map(({ name }) => name), ["tasks.ts"]);
});

Deno.test("--from jsonl: each line is a value; blank lines are none", async () => {
  await using workspace = await Workspace.make();
  const input = '{"a":[1,2]}\n\n7\nnull\n"x"\n';
  const { code, stdout } = await workspace.run(["map", "tasks.ts", "same", "-k", "--from", "jsonl"], input);
  assertEquals([code, stdout], [0, '{"a":[1,2]}\n7\nnull\n"x"\n']);
});

Deno.test("--from csv: rows are objects by the header; fields in quotes hold commas, quotes and line breaks", async () => {
  await using workspace = await Workspace.make();
  const input = 'name,text\r\na,"x, ""y""\nz"\r\nb,\n';
  const { code, stdout } = await workspace.run(["map", "tasks.ts", "same", "-k", "--from=csv"], input);
  assertEquals([code, lines(stdout).map((line) => JSON.parse(line))], [0, [
    { name: "a", text: 'x, "y"\nz' },
    { name: "b", text: "" },
  ]]);
});

Deno.test("values after ::: are text, and JSON with --from jsonl; a flag among them is a value", async () => {
  await using workspace = await Workspace.make();
  const text = await workspace.run(["map", "tasks.ts", "kind", "-k", ":::", "7", "--help"]);
  assertEquals([text.code, text.stdout], [0, '"string"\n"string"\n']);
  const json = await workspace.run(["map", "tasks.ts", "kind", "-k", "--from", "jsonl", ":::", "7", '"x"']);
  assertEquals([json.code, json.stdout], [0, '"number"\n"string"\n']);
});

Deno.test("--files: the items are the paths that match", async () => {
  await using workspace = await Workspace.make({ "a b.txt": "1", "c.txt": "2", "d.md": "3" });
  const { code, stdout } = await workspace.run(["map", "tasks.ts", "reads", "--tag", "--files", "*.txt"]);
  assertEquals([code, lines(stdout).sort()], [0, ['a b.txt\t"1"', 'c.txt\t"2"']]);
});

Deno.test("--pipe: blocks of about --block bytes end at line ends, and hold all of the input", async () => {
  await using workspace = await Workspace.make();
  const input = Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join("");
  const { code, stdout } = await workspace.run(["map", "tasks.ts", "countLines", "--pipe", "--block", "10k"], input);
  const blocks = lines(stdout).map((line) => JSON.parse(line));
  assertEquals(code, 0);
  assertEquals(blocks.length, Math.ceil(input.length / 10_240));
  assertEquals(blocks.reduce((sum, block) => sum + block.lines, 0), 20_000);
  assertEquals(blocks.every(({ whole }) => whole), true);
});

Deno.test("an input that is not JSON, not UTF-8 or not there ends with 255 and says where; what came before is written", async () => {
  await using workspace = await Workspace.make();
  const json = await workspace.run(["map", "tasks.ts", "same", "--from", "jsonl"], "1\n2\nthree\n");
  assertEquals([json.code, lines(json.stdout).sort()], [255, ["1", "2"]]);
  assertStringIncludes(json.stderr, "Input, line 3 is no JSON");
  const latin = await workspace.run(["map", "tasks.ts", "same"], new Uint8Array([97, 10, 0xe4, 10]));
  assertEquals(latin.code, 255);
  assertMatch(latin.stderr, /Standard input is not UTF-8 .* iconv/);
  const missing = await workspace.run(["map", "tasks.ts", "same", "no-such-file"]);
  assertEquals(missing.code, 255);
  assertStringIncludes(missing.stderr, "values on the command line stand after :::");
});

Deno.test("a slow producer's lines are worked on as they come", async () => {
  await using workspace = await Workspace.make();
  const child = workspace.start(["map", "tasks.ts", "upper"], { stdin: "piped" });
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  for (const line of ["first", "second"]) {
    await writer.write(new TextEncoder().encode(`${line}\n`));
    // The result comes before there is more input.
    assertEquals((await reader.read()).value, `"${line.toUpperCase()}"\n`);
  }
  await writer.close();
  assertEquals((await reader.read()).done, true);
  await child.stderr.cancel();
  assertEquals((await child.status).code, 0);
});
