/**
 * Builds the package as it is published: `deno task build [FOLDER]`.
 *
 * ```
 * deno.json          the same names of exports, for files in dist/
 * dist/              all modules as JavaScript, bundled into few files: a program that imports them starts 50 ms sooner
 * mod.ts, lib/, ...  the sources: types and documentation come from them (`@ts-self-types`)
 * ```
 *
 * @module
 */
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type OutputChunk, rolldown } from "rolldown";
import { CHUNKS, OWN_MODULES } from "./entries.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** Names of the configuration that the published package has, too. */
const KEPT = ["name", "version", "license", "lock", "unstable", "compilerOptions"];

interface Config {
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
  readonly publish: { readonly include: readonly string[] };
  readonly [name: string]: unknown;
}

/**
 * Writes the package into a folder, which is made if it is not there. If that fails, the folder is removed.
 *
 * @param more Other modules that get a file of their own, for tests. It re-exports what a bundled file has.
 * @throws {Error} If there is something in the folder. It is left alone.
 */
export async function buildPackage(folder: string, more: readonly string[] = []): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  for await (const { name } of Deno.readDir(folder)) {
    throw new Error(`Cannot build into ${folder}: it has ${name} in it: name a new or an empty folder`);
  }
  try {
    await write(folder, more);
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
}

async function write(folder: string, more: readonly string[]): Promise<void> {
  const config: Config = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  for (const path of config.publish.include) await copy(join(ROOT, path), join(folder, path));
  const exported = Object.values(config.exports).map((path) => path.replace("./", ""));
  const chunks = await bundle(exported, [...OWN_MODULES, ...more], join(folder, "dist"));
  const published = {
    ...Object.fromEntries(KEPT.map((name) => [name, config[name]])),
    exports: Object.fromEntries(
      Object.entries(config.exports).map(([name, path]) => [name, path.replace(/^\.(.*)\.ts$/, "./dist$1.js")]),
    ),
    imports: used(config.imports, chunks),
    publish: { include: ["dist", ...config.publish.include] },
  };
  await Deno.writeTextFile(join(folder, "deno.json"), `${JSON.stringify(published, undefined, 2)}\n`);
}

/** Copies a file, or a folder with all that is in it. */
export async function copy(from: string, to: string): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) return Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copy(join(from, name), join(to, name));
}

/** Returns the packages that the bundled files import. */
function used(imports: Config["imports"], chunks: readonly OutputChunk[]): Config["imports"] {
  const specifiers = new Set(chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports]));
  const isUsed = (name: string) => [...specifiers].some((specifier) => `${specifier}/`.startsWith(`${name}/`));
  return Object.fromEntries(Object.entries(imports).filter(([name]) => isUsed(name)));
}

async function bundle(exported: readonly string[], more: readonly string[], folder: string): Promise<OutputChunk[]> {
  const entries = [...new Set([...exported, ...more])];
  await using build = await rolldown({
    cwd: ROOT,
    input: Object.fromEntries(entries.map((entry) => [entry.replace(/\.ts$/, ""), join(ROOT, entry)])),
    external: (id) => !/^[./]/.test(id),
    platform: "neutral",
    treeshake: false,
    tsconfig: false,
    // A warning can mean that a file lacks an export.
    onwarn: (warning) => {
      throw new Error(warning.message);
    },
  });
  const { output } = await build.write({
    dir: folder,
    format: "esm",
    entryFileNames: "[name].js",
    // The folder's name is known to lib/core/own_modules.ts.
    chunkFileNames: "chunks/[name].js",
    // Public ones only: `deno publish` keeps only the types that sources export publicly, and the others need more.
    banner: ({ name }) =>
      exported.includes(`${name}.ts`) ? `/* @ts-self-types="${"../".repeat(name.split("/").length)}${name}.ts" */` : "",
    // Minifying would remove the `import()`s that never run, which make modules a part of the package (lib/transport/entry.ts).
    minify: false,
    comments: false,
    codeSplitting: { groups: groups() },
  });
  return output.filter((file) => file.type === "chunk");
}

interface Graph {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

const alone = new Set(OWN_MODULES.map((module) => join(ROOT, module)));

function groups() {
  let sets: Set<string>[] | undefined;
  return CHUNKS.map(({ name }, index) => ({
    debugName: name,
    priority: CHUNKS.length - index,
    name(id: string, graph: Graph): string | null {
      sets ??= CHUNKS.map(({ all, any }) => {
        const graphs = (modules: readonly string[]) => modules.map((module) => importedBy(module, graph));
        const common = (all ?? []).map((modules) => graphs(modules).reduce((a, b) => a.intersection(b)));
        return [...common, ...graphs(any ?? [])].reduce((a, b) => a.union(b));
      });
      return !alone.has(id) && sets.findIndex((set) => set.has(id)) === index ? name : null;
    },
  }));
}

/** Returns a module and all that it imports statically. */
function importedBy(module: string, graph: Graph): Set<string> {
  const ids = new Set([join(ROOT, module)]);
  // A Set is iterated in the order of insertion, elements added meanwhile included.
  for (const id of ids) {
    for (const imported of graph.getModuleInfo(id)?.importedIds ?? []) if (/^[./]/.test(imported)) ids.add(imported);
  }
  return ids;
}

if (import.meta.main) {
  const [given, ...rest] = Deno.args;
  if (rest.length > 0 || given?.startsWith("-")) {
    console.error("deno task build [FOLDER]");
    Deno.exit(2);
  }
  // `deno task` starts scripts in the folder of the configuration.
  const folder = given === undefined
    ? await Deno.makeTempDir({ prefix: "isopool-package-" })
    : resolve(Deno.env.get("INIT_CWD") ?? ".", given);
  await buildPackage(folder);
  console.log(`The package is in ${folder}`);
}
