/** The links of the repository's texts: each relative one leads to a file, and its anchor to a heading of that file. */
import { assert, assertEquals } from "@std/assert";
import { anchorsOf, LINK } from "./links.ts";

const ROOT = new URL("../../", import.meta.url);
const FOLDERS = ["./", "docs/", "docs/zh/", "examples/", "recipes/"];

async function* texts(): AsyncGenerator<URL> {
  for (const folder of FOLDERS) {
    for await (const { name, isFile } of Deno.readDir(new URL(folder, ROOT))) {
      if (isFile && (name.endsWith(".md") || name === "llms.txt")) yield new URL(folder + name, ROOT);
    }
  }
}

Deno.test("each relative link in README, docs, recipes, examples and the other texts leads to a file, and its anchor to a heading", async () => {
  const broken: string[] = [];
  let links = 0;
  for await (const text of texts()) {
    for (const [, target] of (await Deno.readTextFile(text)).matchAll(LINK)) {
      if (/^[a-z]+:/.test(target)) continue;
      links++;
      const url = new URL(target, text);
      const anchor = decodeURIComponent(url.hash.slice(1));
      url.hash = "";
      const found = await Deno.stat(url).then(() => true, () => false);
      const isText = url.pathname.endsWith(".md");
      if (!found || anchor && isText && !anchorsOf(await Deno.readTextFile(url)).includes(anchor)) {
        broken.push(`${text.pathname.slice(ROOT.pathname.length)}: ${target}`);
      }
    }
  }
  assertEquals(broken, []);
  assert(links >= 100, `only ${links} links were found`);
});

Deno.test("every page of docs is reached from docs/start.md and listed in llms.txt", async () => {
  const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));
  const [start, llms] = [await read("docs/start.md"), await read("llms.txt")];
  for await (const { name, isFile } of Deno.readDir(new URL("docs/", ROOT))) {
    if (!isFile || name === "start.md") continue;
    assert(start.includes(`](./${name})`), `docs/start.md does not link to ${name}`);
    assert(llms.includes(`](./docs/${name})`), `llms.txt does not link to docs/${name}`);
  }
});
