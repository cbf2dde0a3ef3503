/**
 * The package as it is published, in a temporary folder.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { buildPackage } from "../../packaging/build.ts";

/** Builds the package; the folder is removed when this is disposed. */
export async function built(): Promise<{ readonly folder: URL } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "isopool-package-" });
  await buildPackage(path);
  return { folder: pathToFileURL(`${path}/`), [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
