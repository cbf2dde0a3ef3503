/**
 * `deno publish --dry-run`, without JSR: what publishing would upload, checked in full. The standard library comes from
 * a registry on loopback that is made of npm's copy; nothing else differs, and nothing leaves the machine.
 *
 * @module
 */
import { readStdAsync, serveRegistry } from "./registry.ts";

const ROOT = new URL("../../", import.meta.url);

const cache = await Deno.makeTempDir();
let code: number;
try {
  await using registry = await serveRegistry([await readStdAsync(ROOT)]);
  ({ code } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty"],
    cwd: ROOT,
    env: { JSR_URL: registry.url, DENO_DIR: cache },
  }).spawn().status);
} finally {
  await Deno.remove(cache, { recursive: true });
}
Deno.exit(code);
