/**
 * A folder for the length of a block.
 *
 * @module
 */

/** A folder that is removed, with all that is in it, when its `using` block ends. */
export class TempFolder implements Disposable {
  /** Absolute path. */
  readonly path: string = Deno.makeTempDirSync({ prefix: "isopool-example-" });

  /** Absolute path of a file in it. */
  file(name: string): string {
    return `${this.path}/${name}`;
  }

  /** Removes it. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}
