/** The Chinese pages of the guide have the programs of the English ones, and are reached from them. */
import { assert, assertEquals } from "@std/assert";

const DOCS = new URL("../../docs/", import.meta.url);

const PAGES = ["start.md", "python.md", "backends.md"];

async function blocksAndHeadings(path: string): Promise<{ text: string; blocks: string[]; headings: number[] }> {
  const text = await Deno.readTextFile(new URL(path, DOCS));
  const blocks = text.match(/^```.*?^```$/gms) ?? [];
  const headings = [...text.replace(/^```.*?^```$/gms, "").matchAll(/^(#+) /gm)].map(([, signs]) => signs.length);
  return { text, blocks, headings };
}

Deno.test("docs/zh has the pages that are translated, and no others", async () => {
  const found = await Array.fromAsync(Deno.readDir(new URL("zh/", DOCS)), ({ name }) => name);
  assertEquals(found.sort(), PAGES.toSorted());
});

for (const page of PAGES) {
  Deno.test(`docs/zh/${page}: its code blocks, sections and rows are those of docs/${page}, and both link to each other`, async () => {
    const [english, chinese] = [await blocksAndHeadings(page), await blocksAndHeadings(`zh/${page}`)];
    assert(english.blocks.length > 0);
    assertEquals(chinese.blocks, english.blocks);
    assertEquals(chinese.headings, english.headings);
    const rows = (text: string) => text.match(/^\| /gm)?.length;
    assertEquals(rows(chinese.text), rows(english.text));
    assert(english.text.includes(`[中文](./zh/${page})`) && chinese.text.includes(`[English](../${page})`));
    assert((await Deno.readTextFile(new URL("../README.md", DOCS))).includes(`./docs/zh/${page}`));
  });
}
