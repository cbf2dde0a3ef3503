import { assert, assertEquals } from "@std/assert";

const HERE = new URL("./", import.meta.url);

Deno.test("every test that the tables name exists, and every row without one has a reason", async () => {
  const read = (name: string) => Deno.readTextFile(new URL(name, HERE));
  const table = `${await read("README.md")}\n${await read("TABLE.md")}`;
  const rows = [...table.matchAll(/^\| (.+?) \| (`([\w/]+\.ts)`: (.+?)|none) +\| (.+?) +\|$/gm)];
  const lines = table.split("\n").filter((line) => line.startsWith("| ") && !/^\| (original|---)/.test(line));
  assertEquals(rows.length, lines.length);
  assert(rows.length > 1_000, `${rows.length} rows were found`);
  const texts = new Map<string, string>();
  const missing = new Set<string>();
  for (const [, original, , file, title, last] of rows) {
    if (file === undefined) {
      assert(last.length > 10, `${original} has no reason`);
      continue;
    }
    if (!texts.has(file)) {
      texts.set(file, await Deno.readTextFile(new URL(`../${file}`, HERE)).catch(() => ""));
    }
    if (!texts.get(file)!.includes(title.replaceAll("\\|", "|"))) missing.add(`${file}: ${title}`);
  }
  assertEquals([...missing], []);
});

Deno.test("no conformance test is ignored: what this library does otherwise on purpose stands in README.md", async () => {
  const ignored: string[] = [];
  async function search(folder: URL): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (isDirectory) await search(new URL(`${name}/`, folder));
      else if (name.endsWith("_test.ts") && name !== "table_test.ts") {
        const text = await Deno.readTextFile(new URL(name, folder));
        if (/Deno\.test\.ignore|\bignore\b *(:|,|\})/.test(text)) ignored.push(name);
      }
    }
  }
  await search(HERE);
  assertEquals(ignored, []);
});
