/** The built package has what the sources have: exports, names, documentation; and it loads as little as they do. */
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { parse } from "acorn";
import { buildPackage } from "../../packaging/build.ts";
import { OWN_MODULES } from "../../packaging/entries.ts";
import { filesIn } from "../support/files_in.ts";
import { test } from "../support/within.ts";
import { built } from "./built.ts";

const ROOT = new URL("../../", import.meta.url);
const CONFIG = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
/** Paths of the public entry points. */
const PUBLIC = Object.values<string>(CONFIG.exports).map((path) => path.replace("./", ""));

const builtFile = (path: string, folder: URL) => new URL(`dist/${path.replace(/ts$/, "js")}`, folder).href;

async function deno(...args: string[]): Promise<string> {
  const flags = ["--no-config", `--import-map=${new URL("npm.import_map.json", ROOT).href}`];
  const [command, ...rest] = args;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [command, ...flags, ...rest],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

test("every entry point exports the values of its source, and functions and classes have the same names", async () => {
  await using it = await built();
  for (const path of PUBLIC) {
    const namesOf = async (url: string) => {
      const values = Object.entries(await import(url) as Record<string, unknown>);
      return values.map(([key, value]) => [key, typeof value === "function" ? value.name : typeof value]);
    };
    assertEquals(await namesOf(builtFile(path, it.folder)), await namesOf(new URL(path, ROOT).href), path);
  }
});

test("deno doc shows the same documentation for every entry point", async () => {
  await using it = await built();
  for (const path of PUBLIC) {
    const source = await deno("doc", "--json", new URL(path, ROOT).href);
    assert(source.includes(`"doc": `), path);
    const file = builtFile(path, it.folder);
    const own = await deno("doc", "--json", file);
    assert(own.includes(it.folder.href), path);
    const same = own.replaceAll(file, new URL(path, ROOT).href).replaceAll(it.folder.href, ROOT.href);
    assertEquals(JSON.parse(same), JSON.parse(source), path);
  }
});

/**
 * The files of the package that a module imports, itself included, and what else these import. Those behind an `import()`
 * count if `isLate`.
 */
async function loadedBy(url: string, isLate = false): Promise<{ files: string[]; others: string[] }> {
  const { modules } = JSON.parse(await deno("info", "--json", url)) as {
    modules: {
      specifier: string;
      dependencies?: { specifier: string; isDynamic?: boolean; code?: { specifier: string } }[];
    }[];
  };
  const bySpecifier = new Map(modules.map((module) => [module.specifier, module]));
  const files = new Set([url]);
  const others = new Set<string>();
  for (const file of files) {
    for (const { specifier, isDynamic, code } of bySpecifier.get(file)?.dependencies ?? []) {
      if (isDynamic && !isLate || code === undefined) continue;
      if (/^\.{1,2}\//.test(specifier)) files.add(code.specifier);
      else others.add(specifier);
    }
  }
  return { files: [...files], others: [...others].sort() };
}

/** Entry points whose users also load the pool: they load its builtins and packages with it. */
const WITH_POOL = ["lib/cluster.ts", "lib/process.ts"];
/** A builtin that costs nothing: the runtime has loaded it. */
const FREE = "node:util/types";

test("no entry loads a builtin or a package that its source does not load", async () => {
  await using it = await built();
  for (const path of [...PUBLIC, ...OWN_MODULES]) {
    if (WITH_POOL.includes(path)) continue;
    const { others } = await loadedBy(builtFile(path, it.folder));
    const source = await loadedBy(new URL(path, ROOT).href);
    assertEquals(others.filter((name) => name !== FREE), source.others.filter((name) => name !== FREE), path);
  }
});

test("a worker starts with three files, and mod.ts with ten", async () => {
  await using it = await built();
  const filesOf = async (path: string) => (await loadedBy(builtFile(path, it.folder))).files.length;
  for (const kind of ["thread", "web", "process"]) assertEquals(await filesOf(`workers/${kind}.ts`), 3, kind);
  assertEquals(await filesOf("mod.ts"), 10);
});

test("a worker does not load the pool, not even with what it loads later", async () => {
  await using it = await built();
  const pool = builtFile("chunks/pool.ts", it.folder);
  assert((await loadedBy(builtFile("mod.ts", it.folder))).files.includes(pool));
  for (const kind of ["thread", "web", "process"]) {
    const { files } = await loadedBy(builtFile(`workers/${kind}.ts`, it.folder), true);
    assert(files.length > 3, kind);
    assertEquals(files.includes(pool), false, kind);
  }
});

test("every module that ownModule() names keeps a file of its own", async () => {
  const named = new Set<string>();
  for (const file of ["lib", "workers"].flatMap((folder) => [...filesIn(folder, ".ts")])) {
    const text = await Deno.readTextFile(new URL(file, ROOT));
    for (const [, path] of text.matchAll(/\bownModule\("([^"]+)"/g)) named.add(`${path}.ts`);
  }
  assertEquals([...named].sort(), OWN_MODULES.toSorted());
});

test("a file that awaits an import() at its top level is not imported by what it awaits: both would wait for ever", async () => {
  await using it = await built();
  const dist = `${it.folder.pathname}dist`;
  let awaited = 0;
  for (const file of filesIn(dist, ".js")) {
    const found: string[] = [];
    // Code of functions and classes runs later.
    const visit = (node: unknown) => {
      if (typeof node !== "object" || node === null) return;
      if ("type" in node && /Function|^Class/.test(String(node.type))) return;
      if ("type" in node && node.type === "ImportExpression") {
        found.push((node as unknown as { source: { value: string } }).source.value);
      }
      Object.values(node).forEach(visit);
    };
    visit(parse(await Deno.readTextFile(file), { ecmaVersion: "latest", sourceType: "module" }));
    for (const specifier of found) {
      awaited++;
      const { files } = await loadedBy(new URL(specifier, `file://${file}`).href);
      assertEquals(files.includes(`file://${file}`), false, `${file} awaits ${specifier}`);
    }
  }
  assert(awaited > 0);
});

test("no other files of the package than these use import.meta", async () => {
  await using it = await built();
  const asking: string[] = [];
  const visit = (node: unknown, file: string) => {
    if (typeof node !== "object" || node === null) return;
    if ("type" in node && node.type === "MetaProperty" && "meta" in node && !asking.includes(file)) {
      // `new.target` is one, too.
      if ((node.meta as { name: string }).name === "import") asking.push(file);
    }
    for (const part of Object.values(node)) visit(part, file);
  };
  const dist = `${it.folder.pathname}dist`;
  for (const file of filesIn(dist, ".js")) {
    const text = await Deno.readTextFile(file);
    visit(parse(text, { ecmaVersion: "latest", sourceType: "module" }), file.slice(dist.length + 1));
  }
  // That of the thread is for `createRequire()`, which finds builtins from any file.
  assertEquals(asking.sort(), ["chunks/common.js", "chunks/thread.js", "lib/cli.js"]);
});

test("a folder that is not empty is left alone, an earlier package, too; one with odd letters in its path is used, and no frame of it is shown", async () => {
  await using it = await built();
  const earlier = fileURLToPath(it.folder);
  const before = [...filesIn(earlier, "")];
  await assertRejects(() => buildPackage(earlier), Error, "in it: name a new or an empty folder");
  assertEquals([...filesIn(earlier, "")], before);
  const odd = `${earlier}ü %41 #x?/package`;
  await buildPackage(odd);
  const tasks = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(tasks, `export function fail(): never { throw new Error("bad"); }`);
  const script = `${odd}/main.ts`;
  await Deno.writeTextFile(
    script,
    `import { Pool, tasks } from "./dist/mod.js";
     await using pool = new Pool(1);
     await pool.submit(tasks<{ fail(): void }>("file://${tasks}").fail);`,
  );
  const { stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-config", `--import-map=${new URL("npm.import_map.json", ROOT).href}`, "-A", script],
  }).output();
  await Deno.remove(tasks);
  const text = new TextDecoder().decode(stderr);
  assertStringIncludes(text, "bad");
  assertStringIncludes(text, "/main.ts:3");
  assertEquals(text.includes("/dist/"), false, text);
});

test("a build that fails leaves nothing", async () => {
  await using it = await built();
  const folder = `${fileURLToPath(it.folder)}new`;
  await assertRejects(() => buildPackage(folder, ["lib/missing.ts"]));
  await assertRejects(() => Deno.stat(folder), Deno.errors.NotFound);
});

test("the module that knows where the others lie is in the file whose name it has", async () => {
  await using it = await built();
  assert((await Deno.readTextFile(new URL("dist/chunks/common.js", it.folder))).includes("/lib/core/own_modules.ts"));
});
