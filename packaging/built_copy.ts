/**
 * A copy of the repository that uses the built package: `deno run -A packaging/built_copy.ts FOLDER`.
 *
 * Each entry point is replaced by one line that re-exports what the package has. So every import reaches the package, those in
 * child processes too. Other modules that tests and benchmarks import are replaced in the same way: for each of them, the
 * package has one more file, which re-exports what the bundled files have.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { filesIn } from "../tests/support/files_in.ts";
import { buildPackage, copy } from "./build.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const FOLDERS = ["bench", "examples", "lib", "packaging", "recipes", "tests", "workers", "docs"];
// It runs only as the main module, which a module that is re-exported is not. So the files of the command line stay sources,
// and import the package.
const NOT_REPLACED = "lib/cli.ts";

/** Makes the copy in an empty folder. */
export async function builtCopy(folder: string): Promise<void> {
  const { exports } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const imported = await importedElsewhere();
  for (const name of FOLDERS) await copy(join(ROOT, name), join(folder, name));
  for await (const { name, isFile } of Deno.readDir(ROOT)) {
    if (isFile) await Deno.copyFile(join(ROOT, name), join(folder, name));
  }
  await buildPackage(join(folder, "package"), [...imported]);
  await Deno.rename(join(folder, "package", "dist"), join(folder, "dist"));
  const entries = Object.values<string>(exports).map((path) => path.replace("./", ""));
  for (const path of new Set([...entries, ...imported])) {
    if (path === NOT_REPLACED) continue;
    const root = path.includes("/") ? "../".repeat(path.split("/").length - 1) : "./";
    const built = `${root}dist/${path.replace(/ts$/, "js")}`;
    await Deno.writeTextFile(join(folder, path), `export * from ${JSON.stringify(built)};\n`);
  }
}

/** Paths of the modules that have lines such as `from "../../lib/core/errors.ts"` in tests and benchmarks. */
async function importedElsewhere(): Promise<Set<string>> {
  const paths = new Set<string>();
  for (const file of ["tests", "bench"].flatMap((name) => [...filesIn(join(ROOT, name), ".ts")])) {
    for (const [, path] of (await Deno.readTextFile(file)).matchAll(/"(?:\.\.\/)+((?:lib|workers)\/[\w/]+\.ts)"/g)) {
      paths.add(path);
    }
  }
  return paths;
}

if (import.meta.main) await builtCopy(Deno.args[0]);
