/**
 * A user of the package: a folder of its own, an empty cache of the runtime, and a registry on loopback that serves the
 * package by JSR's protocol. Nothing of this repository's configuration reaches it.
 *
 * @module
 */
import { readBuilt, readStd, type Registry, serveRegistry } from "./registry.ts";

const ROOT = new URL("../../", import.meta.url);

/** What a command has done. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Milliseconds after which a command of a consumer is stopped. */
const COMMAND_TIMEOUT = 90_000;

/** A folder with files of its own, in which commands run. */
export class Consumer implements AsyncDisposable {
  /** Where the files are. */
  readonly folder: string;
  readonly #temporary: string;
  readonly #registry: Registry;

  private constructor(temporary: string, registry: Registry) {
    this.#temporary = temporary;
    this.folder = `${temporary}/project`;
    this.#registry = registry;
  }

  /** Makes a folder with these files, by their names. */
  static async create(files: Record<string, string>): Promise<Consumer> {
    const registry = await serveRegistry([await readBuilt(), ...await readStd(ROOT)]);
    const consumer = new Consumer(await Deno.makeTempDir({ prefix: "isopool-consumer-" }), registry);
    for (const [name, text] of Object.entries(files)) await consumer.write(name, text);
    return consumer;
  }

  /** Writes a file. */
  async write(name: string, text: string): Promise<void> {
    const path = `${this.folder}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
  }

  /** Reads a file. */
  read(name: string): Promise<string> {
    return Deno.readTextFile(`${this.folder}/${name}`);
  }

  /** Runs the runtime with these arguments in the folder, or another program: `{ program }`. */
  async deno(args: readonly string[], { program = Deno.execPath(), folder = this.folder } = {}): Promise<Ran> {
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: [...args],
      cwd: folder,
      stdin: "null",
      env: this.env,
      signal: AbortSignal.timeout(COMMAND_TIMEOUT),
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr) };
  }

  /** The variables by which the runtime finds the registry and the cache. */
  get env(): Record<string, string> {
    return { JSR_URL: this.#registry.url, DENO_DIR: `${this.#temporary}/cache`, NO_COLOR: "1" };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#registry[Symbol.asyncDispose]();
    await Deno.remove(this.#temporary, { recursive: true });
  }
}
