/**
 * Runs tests against the built package: `deno task test:built tests/contract`.
 *
 * In a copy of the repository, each entry point is replaced by one line that re-exports what the package has. So all ways to
 * the library lead to the package, those of child processes too. It is the same for the other modules that tests import:
 * for them, the package has more files, which re-export what the bundled ones have.
 *
 * @module
 */
import { filesIn } from "../tests/support/files_in.ts";
import { buildPackage, copy } from "./build.ts";

const ROOT = new URL("../", import.meta.url);
const FOLDERS = ["bench", "examples", "lib", "packaging", "recipes", "tests", "workers", "docs"];
// A program, which checks that it is the main module.
const NOT_REPLACED = "lib/cli.ts";

/** Paths of the modules that have lines such as `from "../../lib/core/errors.ts"` in tests. */
async function importedByTests(): Promise<Set<string>> {
  const paths = new Set<string>();
  for (const file of filesIn("tests", ".ts")) {
    for (const [, path] of (await Deno.readTextFile(file)).matchAll(/"(?:\.\.\/)+((?:lib|workers)\/[\w/]+\.ts)"/g)) {
      paths.add(path);
    }
  }
  return paths;
}

const { exports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
const imported = await importedByTests();
const folder = await Deno.makeTempDir({ prefix: "isopool-built-" });
let code: number;
try {
  const copied = new URL(`file://${folder}/`);
  for (const name of FOLDERS) await copy(new URL(name, ROOT), new URL(name, copied));
  for await (const { name, isFile } of Deno.readDir(ROOT)) {
    if (isFile) await Deno.copyFile(new URL(name, ROOT), new URL(name, copied));
  }
  await buildPackage(new URL("package/", copied), [...imported]);
  await Deno.rename(new URL("package/dist", copied), new URL("dist", copied));
  const entries = Object.values<string>(exports).map((path) => path.replace("./", ""));
  for (const path of new Set([...entries, ...imported])) {
    if (path === NOT_REPLACED) continue;
    const root = path.includes("/") ? "../".repeat(path.split("/").length - 1) : "./";
    const built = `${root}dist/${path.replace(/ts$/, "js")}`;
    await Deno.writeTextFile(new URL(path, copied), `export * from ${JSON.stringify(built)};\n`);
  }
  ({ code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--import-map=npm.import_map.json", "-A", "tests/run.ts", ...Deno.args],
    cwd: folder,
  }).spawn().status);
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(code);
