/**
 * `ModuleFolder`: the modules that pools have sent (sent_modules.ts), in a folder of one worker host.
 *
 * ```
 * <temporary folder>/isopool-host-<random>/
 *   lock              locked while the host lives
 *   <hash>/...        the files of one manifest
 * ```
 *
 * Each content is compared with its hash before a file is written, so a host runs what the pool has sent, or nothing. The
 * folder is removed when the host closes. The folder of a host that was killed is removed by the next host on its machine:
 * that one can lock the file, because the system has released the lock.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ClusterError } from "../core/errors.ts";
import { JSON, Promise, URL } from "../core/platform.ts";
import type { ClusterSettings } from "./options.ts";
import type { Redis } from "./packages.ts";
import { contentHash, contentKey, type Manifest, MODULE_SECONDS } from "./sent_modules.ts";

const PREFIX = "isopool-host-";
const LOCK = "lock";

/** The folder of one worker host. */
export class ModuleFolder {
  readonly #settings: ClusterSettings;
  readonly #client: Redis;
  #folder: Promise<Folder> | undefined;
  readonly #ready = new Map<string, Promise<string>>();

  constructor(settings: ClusterSettings, client: Redis) {
    this.#settings = settings;
    this.#client = client;
  }

  /**
   * Fetches the files of a manifest, once.
   *
   * @returns The URL of their folder here, with a slash at its end.
   * @throws {ClusterError} If Redis does not have them, or what it has is not what was sent.
   */
  provide(hash: string): Promise<string> {
    let ready = this.#ready.get(hash);
    if (!ready) {
      this.#ready.set(hash, ready = this.#fetch(hash));
      // A pool may send them again.
      ready.catch(() => this.#ready.delete(hash));
    }
    return ready;
  }

  /** Removes the folder. */
  async close(): Promise<void> {
    const folder = await this.#folder;
    if (!folder) return;
    folder.lock.close();
    await Deno.remove(folder.path, { recursive: true });
  }

  async #fetch(hash: string): Promise<string> {
    const [text] = await this.#contents([hash]);
    const manifest: Manifest = JSON.parse(new TextDecoder().decode(text));
    const contents = await this.#contents(manifest.map(([, hash]) => hash));
    const { path } = await (this.#folder ??= makeFolder());
    const url = `${pathToFileURL(join(path, hash)).href}/`;
    await Promise.all(manifest.map(async ([file], i) => {
      const target = placeOf(file, url);
      await Deno.mkdir(dirname(target), { recursive: true });
      await Deno.writeFile(target, contents[i]);
    }));
    return url;
  }

  async #contents(hashes: readonly string[]): Promise<Uint8Array[]> {
    const keys = hashes.map((hash) => contentKey(this.#settings, hash));
    const found = await this.#client.mgetBuffer(keys) as (Uint8Array | null)[];
    const renewal = this.#client.pipeline();
    for (const key of keys) renewal.expire(key, MODULE_SECONDS);
    await renewal.exec();
    return await Promise.all(found.map(async (content, i) => {
      if (content && contentHash(content) === hashes[i]) return content;
      // Without the wrong content, the next pool that sends the module puts it there again.
      if (content) await this.#client.del(keys[i]);
      const what = content ? "its content in Redis is not what was sent" : "Redis does not have it any more";
      throw new ClusterError(`${what} (SHA-256 ${hashes[i]})`);
    }));
  }
}

// Returns the path of a file that a manifest names, in the folder with this URL.
function placeOf(file: string, url: string): string {
  const place = new URL(file, url);
  try {
    if (place.href.startsWith(url)) return fileURLToPath(place);
  } catch { /* It has an encoded separator. */ }
  throw new ClusterError(`a file of it would be outside of its folder: ${file}`);
}

interface Folder {
  readonly path: string;
  readonly lock: Deno.FsFile;
}

async function makeFolder(): Promise<Folder> {
  const path = await Deno.makeTempDir({ prefix: PREFIX });
  await removeAbandoned(dirname(path));
  // The file gets its name after it is locked: another host must not find it unlocked.
  const unnamed = join(path, `${LOCK}-new`);
  const lock = await Deno.open(unnamed, { create: true, write: true });
  await lock.lock(true);
  await Deno.rename(unnamed, join(path, LOCK));
  return { path, lock };
}

async function removeAbandoned(parent: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(parent)) {
    if (!isDirectory || !name.startsWith(PREFIX)) continue;
    try {
      using lock = await Deno.open(join(parent, name, LOCK), { write: true });
      if (await lock.tryLock(true)) await Deno.remove(join(parent, name), { recursive: true });
    } catch (error) {
      // It belongs to another user, is being made, or is being removed.
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied)) throw error;
    }
  }
}
