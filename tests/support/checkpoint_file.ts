/**
 * `checkpointFile()`: the file of a checkpoint, read as any reader of JSON Lines would.
 *
 * @module
 */

/** A line of the file. */
// deno-lint-ignore no-explicit-any -- parsed JSON
export type Line = Record<string, any>;

/** Makes a name for a file in a folder of its own; the folder is removed at the end of the block. */
export async function checkpointFile(): Promise<CheckpointFile> {
  return new CheckpointFile(await Deno.makeTempDir({ prefix: "isopool-test-" }));
}

class CheckpointFile implements AsyncDisposable {
  readonly path: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.path = `${folder}/run.jsonl`;
  }

  async text(): Promise<string> {
    return await Deno.readTextFile(this.path);
  }

  /** All lines that are records of items. */
  async records(): Promise<Line[]> {
    const lines = (await this.text()).trimEnd().split("\n").map((line) => JSON.parse(line) as Line);
    return lines.filter((line) => line.isopool === undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}
