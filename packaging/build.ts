/**
 * Builds the package as it is published: `deno task build [FOLDER]`.
 *
 * ```
 * deno.json          the names of the exports, now of files in dist/
 * dist/              all modules as JavaScript, bundled into few files: a program that imports them starts 50 ms sooner
 * mod.ts, lib/, ...  the sources: types and documentation come from them (`@ts-self-types`)
 * ```
 *
 * @module
 */
import { type OutputChunk, rolldown } from "rolldown";
import { CHUNKS, OWN_MODULES } from "./entries.ts";

const ROOT = new URL("../", import.meta.url);

/** Names of the configuration that the published package has, too. */
const KEPT = ["name", "version", "license", "lock", "unstable", "compilerOptions"];

interface Config {
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
  readonly publish: { readonly include: readonly string[] };
  readonly [name: string]: unknown;
}

/**
 * Writes the package into a folder, which is made if it is not there. What an earlier build has left there is removed.
 *
 * @param more Other modules that get a file of their own, for tests. It re-exports what a bundled file has.
 * @throws {Error} If the folder has other files. They are left alone.
 */
export async function buildPackage(folder: URL, more: readonly string[] = []): Promise<void> {
  const config: Config = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  await Deno.mkdir(folder, { recursive: true });
  const old = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  if (old.length > 0 && !await isPackage(folder)) {
    throw new Error(`Cannot build into ${pathOf(folder)}: it has other files than a package: name an empty folder`);
  }
  for (const name of old) await Deno.remove(new URL(name, folder), { recursive: true });
  for (const path of config.publish.include) await copy(new URL(path, ROOT), new URL(path, folder));
  const exported = Object.values(config.exports).map((path) => path.replace("./", ""));
  const chunks = await bundle(exported, [...OWN_MODULES, ...more], new URL("dist", folder));
  const published = {
    ...Object.fromEntries(KEPT.map((name) => [name, config[name]])),
    exports: Object.fromEntries(
      Object.entries(config.exports).map(([name, path]) => [name, path.replace(/^\.(.*)\.ts$/, "./dist$1.js")]),
    ),
    imports: used(config.imports, chunks),
    publish: { include: ["dist", ...config.publish.include] },
  };
  await Deno.writeTextFile(new URL("deno.json", folder), `${JSON.stringify(published, undefined, 2)}\n`);
}

// A checkout has a configuration with the same name, but exports its sources.
async function isPackage(folder: URL): Promise<boolean> {
  const text = await Deno.readTextFile(new URL("deno.json", folder)).catch(() => "{}");
  return JSON.parse(text).exports?.["."] === "./dist/mod.js";
}

/** Copies a file, or a folder with all that is in it. */
export async function copy(from: URL, to: URL): Promise<void> {
  if (!(await Deno.stat(from)).isDirectory) return Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copy(new URL(`${from}/${name}`), new URL(`${to}/${name}`));
}

/** Returns the packages that the bundled files import. */
function used(imports: Config["imports"], chunks: readonly OutputChunk[]): Config["imports"] {
  const specifiers = new Set(chunks.flatMap((chunk) => [...chunk.imports, ...chunk.dynamicImports]));
  const isUsed = (name: string) => [...specifiers].some((specifier) => `${specifier}/`.startsWith(`${name}/`));
  return Object.fromEntries(Object.entries(imports).filter(([name]) => isUsed(name)));
}

/** Returns the path that a `file:` URL names. */
export const pathOf = (url: URL): string => decodeURIComponent(url.pathname);

async function bundle(exported: readonly string[], more: readonly string[], folder: URL): Promise<OutputChunk[]> {
  const entries = [...new Set([...exported, ...more])];
  await using build = await rolldown({
    cwd: pathOf(ROOT),
    input: Object.fromEntries(entries.map((entry) => [entry.replace(/\.ts$/, ""), pathOf(new URL(entry, ROOT))])),
    external: (id) => !/^[./]/.test(id),
    platform: "neutral",
    treeshake: false,
    tsconfig: false,
    // A warning can mean that a file has no longer what it must have.
    onwarn: (warning) => {
      throw new Error(warning.message);
    },
  });
  const { output } = await build.write({
    dir: pathOf(folder),
    format: "esm",
    entryFileNames: "[name].js",
    // The folder's name is known to lib/core/own_modules.ts.
    chunkFileNames: "chunks/[name].js",
    // Public ones only: the publisher's check reduces sources to their public types, which is too little for the others.
    banner: ({ name }) =>
      exported.includes(`${name}.ts`) ? `/* @ts-self-types="${"../".repeat(name.split("/").length)}${name}.ts" */` : "",
    // It would remove the `import()`s that never run, which make modules a part of the package (lib/transport/entry.ts).
    minify: false,
    comments: false,
    codeSplitting: { groups: groups() },
  });
  return output.filter((file) => file.type === "chunk");
}

interface Graph {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

const alone = new Set(OWN_MODULES.map((module) => pathOf(new URL(module, ROOT))));

function groups() {
  let sets: Set<string>[] | undefined;
  return CHUNKS.map(({ name }, index) => ({
    debugName: name,
    priority: CHUNKS.length - index,
    name(id: string, graph: Graph): string | null {
      sets ??= CHUNKS.map(({ all, any }) => {
        const sets = (modules: readonly string[]) => modules.map((module) => importedBy(module, graph));
        const common = (all ?? []).map((modules) => sets(modules).reduce((a, b) => a.intersection(b)));
        return [...common, ...sets(any ?? [])].reduce((a, b) => a.union(b));
      });
      return !alone.has(id) && sets.findIndex((set) => set.has(id)) === index ? name : null;
    },
  }));
}

/** Returns a module and all that it imports statically. */
function importedBy(module: string, graph: Graph): Set<string> {
  const ids = new Set([pathOf(new URL(module, ROOT))]);
  // A Set is iterated in the order of insertion, elements added meanwhile included.
  for (const id of ids) {
    for (const imported of graph.getModuleInfo(id)?.importedIds ?? []) if (/^[./]/.test(imported)) ids.add(imported);
  }
  return ids;
}

if (import.meta.main) {
  const folder = new URL(`${Deno.args[0] ?? "dist-package"}/`, `file://${Deno.cwd()}/`);
  await buildPackage(folder);
  console.log(`The package is in ${pathOf(folder)}`);
}
