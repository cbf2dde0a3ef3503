/**
 * The folder from which the benchmarks run a checkout: a copy of it with the package that it publishes.
 *
 * @module
 */
import { fileURLToPath, pathToFileURL } from "node:url";

const pathOf = (file: string, folder: URL): string => fileURLToPath(new URL(file, folder));
const exists = (path: string): Promise<boolean> => Deno.stat(path).then(() => true, () => false);

/** A folder with the library of one checkout, and the programs that measure it. */
export class Published implements AsyncDisposable {
  /** The folder. */
  readonly root: URL;
  readonly #isTemporary: boolean;

  private constructor(root: URL, isTemporary: boolean) {
    this.root = root;
    this.#isTemporary = isTemporary;
  }

  /**
   * Makes a copy of a checkout with its built package. With `asSources`, and for a checkout of before there was a build,
   * the folder is the checkout itself.
   */
  static async of(checkout: URL, asSources: boolean): Promise<Published> {
    const script = pathOf("packaging/built_copy.ts", checkout);
    if (!await exists(pathOf("bench/drivers", checkout))) throw new Error(`No checkout: ${pathOf(".", checkout)}`);
    if (asSources || !await exists(script)) return new Published(checkout, false);
    const folder = await Deno.makeTempDir({ prefix: "isopool-bench-" });
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-check", `--import-map=${pathOf("npm.import_map.json", checkout)}`, "-A"],
        ...[script, folder],
      ],
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    const published = new Published(pathToFileURL(`${folder}/`), true);
    if (success) return published;
    await published[Symbol.asyncDispose]();
    throw new Error(`Cannot build the package of ${pathOf(".", checkout)}`);
  }

  /** Removes the copy. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isTemporary) await Deno.remove(this.root, { recursive: true });
  }
}
