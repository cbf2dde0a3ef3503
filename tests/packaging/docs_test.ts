/** The texts of the package: the first program of the README runs as pasted, and no link leads out of the package. */
import { assert, assertEquals } from "@std/assert";
import { anchorsOf, LINK } from "./links.ts";
import { readPackage } from "./registry.ts";

const ROOT = new URL("../../", import.meta.url);

const files = (await readPackage(ROOT)).files;
const texts = [...files].filter(([path]) => path.endsWith(".md"));

Deno.test("each relative link in a published text leads to a published file, and its anchor to a heading", () => {
  let links = 0;
  for (const [path, text] of texts) {
    for (const [, target] of text.matchAll(LINK)) {
      if (/^[a-z]+:/.test(target)) continue;
      const { pathname, hash } = new URL(target, `file://${path}`);
      assert(files.has(pathname), `${path}: ${target} is not published`);
      if (hash) assert(anchorsOf(files.get(pathname)!).includes(hash.slice(1)), `${path}: ${target} has no heading`);
      links++;
    }
  }
  assert(links >= 20, `only ${links} links were found`);
});

Deno.test("the first program of the README runs as pasted, with the permission and the output that it names", async () => {
  const readme = files.get("/README.md")!;
  const program = readme.match(/```ts ignore\n(\/\/ primes\.ts\n[\s\S]*?)```/)![1];
  const [, command, output] = readme.match(/^(deno run .* primes\.ts) +# (.*)$/m)!;
  const folder = await Deno.makeTempDir({ prefix: "isopool-readme-" });
  try {
    const map = JSON.parse(await Deno.readTextFile(new URL("npm.import_map.json", ROOT)));
    const imports = Object.fromEntries(
      Object.entries(map.imports as Record<string, string>).map((
        [from, to],
      ) => [from, to.startsWith("./") ? new URL(to, ROOT).href : to]),
    );
    imports["jsr:@isopool/isopool"] = new URL("mod.ts", ROOT).href;
    await Deno.writeTextFile(`${folder}/map.json`, JSON.stringify({ imports }));
    await Deno.writeTextFile(`${folder}/primes.ts`, program);
    const [, run, ...args] = command.split(" ");
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [run, "--no-prompt", "--no-check", "--import-map=map.json", ...args],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    const decoder = new TextDecoder();
    assertEquals([decoder.decode(stdout).trim(), decoder.decode(stderr)], [output, ""]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
