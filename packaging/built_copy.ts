/**
 * A copy of the repository that uses the built package: `deno run -A packaging/built_copy.ts FOLDER`.
 *
 * Each entry point is replaced by one line that re-exports what the package has. So all ways to the library lead to the
 * package, those of child processes too. It is the same for the other modules that tests and benchmarks import: for them,
 * the package has more files, which re-export what the bundled ones have.
 *
 * @module
 */
import { filesIn } from "../tests/support/files_in.ts";
import { buildPackage, copy, pathOf } from "./build.ts";

const ROOT = new URL("../", import.meta.url);
const FOLDERS = ["bench", "examples", "lib", "packaging", "recipes", "tests", "workers", "docs"];
// A program, which checks that it is the main module.
const NOT_REPLACED = "lib/cli.ts";

/** Makes the copy in an empty folder. */
export async function builtCopy(folder: URL): Promise<void> {
  const { exports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const imported = await importedElsewhere();
  for (const name of FOLDERS) await copy(new URL(name, ROOT), new URL(name, folder));
  for await (const { name, isFile } of Deno.readDir(ROOT)) {
    if (isFile) await Deno.copyFile(new URL(name, ROOT), new URL(name, folder));
  }
  await buildPackage(new URL("package/", folder), [...imported]);
  await Deno.rename(new URL("package/dist", folder), new URL("dist", folder));
  const entries = Object.values<string>(exports).map((path) => path.replace("./", ""));
  for (const path of new Set([...entries, ...imported])) {
    if (path === NOT_REPLACED) continue;
    const root = path.includes("/") ? "../".repeat(path.split("/").length - 1) : "./";
    const built = `${root}dist/${path.replace(/ts$/, "js")}`;
    await Deno.writeTextFile(new URL(path, folder), `export * from ${JSON.stringify(built)};\n`);
  }
}

/** Paths of the modules that have lines such as `from "../../lib/core/errors.ts"` in tests and benchmarks. */
async function importedElsewhere(): Promise<Set<string>> {
  const paths = new Set<string>();
  for (const file of ["tests", "bench"].flatMap((name) => [...filesIn(pathOf(new URL(name, ROOT)), ".ts")])) {
    for (const [, path] of (await Deno.readTextFile(file)).matchAll(/"(?:\.\.\/)+((?:lib|workers)\/[\w/]+\.ts)"/g)) {
      paths.add(path);
    }
  }
  return paths;
}

if (import.meta.main) await builtCopy(new URL(`${Deno.args[0]}/`, `file://${Deno.cwd()}/`));
