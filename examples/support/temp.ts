/**
 * A temporary folder that exists until the end of a block.
 *
 * @module
 */

/** A folder that is removed, with its content, when its `using` block ends. */
export class TempFolder implements Disposable {
  /** Absolute path. */
  readonly path: string = Deno.makeTempDirSync({ prefix: "isopool-example-" });

  /** Gives the absolute path of a file in the folder. */
  file(name: string): string {
    return `${this.path}/${name}`;
  }

  /** Removes the folder. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}
