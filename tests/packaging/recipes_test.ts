/** The recipes, copied into a folder of their own: their tasks run on a small real input each. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import jpeg from "jpeg-js";
import { readBuilt, readStd, serveRegistry } from "./registry.ts";

const ROOT = new URL("../../", import.meta.url);
const DEADLINE = 120_000;

interface Recipes {
  folder: string;
  runTask(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
}

/** Copies the recipes into an empty folder, where their imports come from a JSR registry on loopback and from npm. */
async function withRecipes(use: (recipes: Recipes) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "isopool-recipes-" });
  try {
    await using registry = await serveRegistry([await readBuilt(), ...await readStd(ROOT)]);
    await Deno.mkdir(`${folder}/recipes`);
    for await (const { name } of Deno.readDir(new URL("recipes/", ROOT))) {
      await Deno.copyFile(new URL(`recipes/${name}`, ROOT), `${folder}/recipes/${name}`);
    }
    await use({
      folder,
      async runTask(...args) {
        const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
          args: ["task", "--quiet", ...args],
          cwd: `${folder}/recipes`,
          env: { JSR_URL: registry.url, DENO_DIR: `${folder}/cache`, NO_COLOR: "1" },
          signal: AbortSignal.timeout(DEADLINE),
        }).output();
        const decoder = new TextDecoder();
        return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
      },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("recipes, lint: a thousand files, two findings in one of them, exit code 1; a clean folder exits with 0", () =>
  withRecipes(async ({ folder, runTask }) => {
    await Deno.mkdir(`${folder}/src/deep`, { recursive: true });
    for (let i = 0; i < 1_000; i++) await Deno.writeTextFile(`${folder}/src/deep/${i}.ts`, `export const n = ${i};\n`);
    assertEquals((await runTask("lint", "../src")).code, 0);
    await Deno.writeTextFile(`${folder}/src/deep/7.ts`, "const a = 1;\nconst b = 2; \ndebugger;\n");
    const { code, stdout, stderr } = await runTask("lint", "../src", "ts");
    assertEquals(stdout.split("\n"), [
      "../src/deep/7.ts:2: whitespace at the end of the line",
      "../src/deep/7.ts:3: a debugger statement",
      "",
    ]);
    assertEquals(code, 1);
    assertMatch(stderr, /^1000 files, 2 findings$/m);
  }));

Deno.test("recipes, thumbnails: two pictures become small, a file that is none fails alone", () =>
  withRecipes(async ({ folder, runTask }) => {
    await Deno.mkdir(`${folder}/photos`);
    const [width, height] = [96, 64];
    const data = new Uint8Array(width * height * 4).map((_, i) => i % 4 === 3 ? 255 : i % 4 === 0 ? 200 : 40);
    const photo = new Uint8Array(jpeg.encode({ width, height, data }, 90).data);
    for (const name of ["a.jpg", "b.jpeg"]) await Deno.writeFile(`${folder}/photos/${name}`, photo);
    await Deno.writeTextFile(`${folder}/photos/broken.jpg`, "no picture");
    const { code, stdout, stderr } = await runTask("thumbnails", "../photos", "../small", "24");
    assertEquals([stdout, code], ["a.jpg: 24 x 16\nb.jpeg: 24 x 16\n", 1], stderr);
    assertMatch(stderr, /broken\.jpg: Error/);
    const small = jpeg.decode(await Deno.readFile(`${folder}/small/b.jpeg`), { useTArray: true });
    assertEquals([small.width, small.height], [24, 16]);
    const [red, green] = small.data;
    assert(Math.abs(red - 200) < 12 && Math.abs(green - 40) < 12, `${red} ${green}`);
  }));

Deno.test("recipes, links: the broken link of the second page is found, with its page; links of other pages are no errors", () =>
  withRecipes(async ({ runTask }) => {
    const pages: Record<string, string> = {
      "/": `<a href="/two#part">two</a> <img src="picture.png">`,
      "/two": `<a href="/">one</a> <a href="/gone">gone</a> <a href="mailto:a@example.com">mail</a>`,
      "/picture.png": "",
    };
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      const page = pages[new URL(request.url).pathname];
      return new Response(page, { status: page === undefined ? 404 : 200, headers: { "content-type": "text/html" } });
    });
    const site = `http://127.0.0.1:${server.addr.port}`;
    const { code, stdout, stderr } = await runTask("links", `${site}/`);
    assertEquals([stdout, code], [`${site}/gone: status 404 (on ${site}/two)\n`, 1], stderr);
    assertMatch(stderr, /^4 links, 1 broken$/m);
  }));
