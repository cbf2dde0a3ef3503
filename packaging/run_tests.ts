/**
 * Runs tests against the built package: `deno task test:built tests/contract`.
 *
 * @module
 */
import { builtCopy } from "./built_copy.ts";

const folder = await Deno.makeTempDir({ prefix: "isopool-built-" });
let code: number;
try {
  await builtCopy(folder);
  ({ code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--import-map=npm.import_map.json", "-A", "tests/run.ts", ...Deno.args],
    cwd: folder,
  }).spawn().status);
} finally {
  await Deno.remove(folder, { recursive: true });
}
Deno.exit(code);
