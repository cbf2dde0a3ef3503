/**
 * Runs `deno publish --dry-run` without a network: it fully checks what publishing would upload. The standard library comes
 * from a registry on loopback that serves npm's copy of it; nothing else differs, and nothing is uploaded.
 *
 * @module
 */
import { built } from "./built.ts";
import { readStd, serveRegistry } from "./registry.ts";

const ROOT = new URL("../../", import.meta.url);

const cache = await Deno.makeTempDir();
let code: number;
try {
  await using it = await built();
  await using registry = await serveRegistry(await readStd(ROOT));
  ({ code } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty"],
    cwd: it.folder,
    env: { JSR_URL: registry.url, DENO_DIR: cache },
  }).spawn().status);
} finally {
  await Deno.remove(cache, { recursive: true });
}
Deno.exit(code);
