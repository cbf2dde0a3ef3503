import { assert, assertEquals } from "@std/assert";

const HERE = new URL("./", import.meta.url);

Deno.test("every test that the conformance table names exists", async () => {
  const table = await Deno.readTextFile(new URL("README.md", HERE));
  const rows = [...table.matchAll(/^\|[^|]+\| `([\w/]+\.ts)`: (.+?) +\|$/gm)];
  assert(rows.length > 60, `${rows.length} rows were found`);
  const missing: string[] = [];
  for (const [, file, title] of rows) {
    const text = await Deno.readTextFile(new URL(`../${file}`, HERE)).catch(() => "");
    if (!text.includes(title)) missing.push(`${file}: ${title}`);
  }
  assertEquals(missing, []);
});
