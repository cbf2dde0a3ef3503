/**
 * The package as it is published, in a temporary folder.
 *
 * @module
 */
import { buildPackage } from "../../packaging/build.ts";

/** Builds the package; the folder is removed when this is disposed. */
export async function built(): Promise<{ readonly folder: URL } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "isopool-package-" });
  const folder = new URL(`file://${path}/`);
  const remove = () => Deno.remove(path, { recursive: true });
  try {
    await buildPackage(folder);
  } catch (error) {
    await remove();
    throw error;
  }
  return { folder, [Symbol.asyncDispose]: remove };
}
