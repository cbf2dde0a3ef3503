/**
 * A copy of the repository that uses the built package: `deno run -A packaging/built_copy.ts FOLDER`.
 *
 * Each entry point is replaced by one line that re-exports what the package has. So all ways to the library lead to the
 * package, those of child processes too. It is the same for the other modules that tests and benchmarks import: for them,
 * the package has more files, which re-export what the bundled ones have.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { filesIn } from "../tests/support/files_in.ts";
import { buildPackage, copy } from "./build.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const FOLDERS = ["bench", "examples", "lib", "packaging", "recipes", "tests", "workers", "docs"];
// A program, which checks that it is the main module. The files of the command line stay sources, on top of the package.
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
