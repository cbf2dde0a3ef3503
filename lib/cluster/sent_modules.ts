/**
 * Local modules of tasks in Redis: a pool puts them there, and worker hosts fetch them (module_folder.ts).
 *
 * ```
 * manifest   one for the local modules of a call: [path, hash] of each file
 * file       its content
 * ```
 *
 * The key of each is the SHA-256 of its content. So the same module is there once, whatever number of pools sends it, and a
 * host can tell whether what it got is what the pool has put. A key expires {@linkcode MODULE_SECONDS} after its last use.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { JSON, performance, Promise } from "../core/platform.ts";
import { ClusterError, PermissionScopeError, TaskLoadError } from "../core/errors.ts";
import { type ModuleFile, moduleFiles } from "../pool/backends.ts";
import type { ClusterSettings } from "./options.ts";
import type { Redis } from "./packages.ts";
import { addressName } from "./address.ts";
import { repliesOf } from "./redis.ts";

/** Seconds for which modules stay in Redis after a pool or a host has last used them. */
export const MODULE_SECONDS = 86_400;
/** Milliseconds after which a pool that still uses its modules makes them last again. */
const RENEWAL = 3_600_000;

/** The local modules of a call. */
export interface SentModules {
  /** The hash of their manifest. */
  readonly hash: string;
  /** The URL of the folder at the submitter that has all of them. */
  readonly base: string;
}

/** What a manifest lists: the path of each file behind the base, as in a URL, and the hash of its content. */
export type Manifest = readonly (readonly [path: string, hash: string])[];

/** Returns the hash that is the key of a content. */
export function contentHash(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Returns the key of a content in Redis. */
export function contentKey({ prefix, queue }: ClusterSettings, hash: string): string {
  return `${prefix}:${queue}:isopool:content:${hash}`;
}

interface Entry {
  readonly modules: Promise<SentModules>;
  /** What `modules` has resolved to. */
  sent: SentModules | undefined;
  readonly since: number;
}

/** Puts the local modules of one pool into Redis. */
export class ModuleSender {
  readonly #settings: ClusterSettings;
  readonly #client: Redis;
  readonly #entries = new Map<string, Entry>();

  constructor(settings: ClusterSettings, client: Redis) {
    this.#settings = settings;
    this.#client = client;
  }

  /**
   * Puts modules, and what they import, into Redis, once.
   *
   * @returns A promise only while they are not there yet. It rejects with a {@linkcode TaskLoadError} if a module cannot be
   * read, a {@linkcode PermissionScopeError} if the script may not find out what it imports, or a {@linkcode ClusterError}.
   */
  send(urls: readonly string[]): SentModules | Promise<SentModules> {
    const key = urls.join(" ");
    const known = this.#entries.get(key);
    if (known && performance.now() - known.since < RENEWAL) return known.sent ?? known.modules;
    const entry: Entry = { modules: this.#put(urls), sent: undefined, since: performance.now() };
    this.#entries.set(key, entry);
    // A file may be mended, and Redis may come back: the next call tries again.
    entry.modules.then((sent) => entry.sent = sent, () => this.#entries.delete(key));
    return entry.modules;
  }

  async #put(urls: readonly string[]): Promise<SentModules> {
    const graphs = await Promise.all(urls.map(filesOf));
    const files = new Map(graphs.flat().map(({ url, content }) => [url, content]));
    const base = commonFolder([...files.keys()]);
    const contents = new Map<string, Uint8Array>();
    const add = (content: Uint8Array) => {
      const hash = contentHash(content);
      contents.set(hash, content);
      return hash;
    };
    const manifest: Manifest = [...files].sort().map(([url, content]) => [url.slice(base.length), add(content)]);
    const hash = add(new TextEncoder().encode(JSON.stringify(manifest)));
    try {
      await this.#write(contents);
    } catch (cause) {
      const where = addressName(this.#settings.redis);
      throw new ClusterError(`Cannot send the modules of the call to Redis at ${where}`, { cause });
    }
    return { hash, base };
  }

  async #write(contents: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const keys = [...contents].map(([hash, content]) => ({ key: contentKey(this.#settings, hash), content }));
    const lasting = this.#client.pipeline();
    for (const { key } of keys) lasting.expire(key, MODULE_SECONDS);
    const isThere = repliesOf(await lasting.exec());
    const missing = this.#client.pipeline();
    keys.forEach(({ key, content }, i) => {
      if (isThere[i] !== 1) missing.set(key, Buffer.from(content), "EX", MODULE_SECONDS);
    });
    if (missing.length > 0) repliesOf(await missing.exec());
  }
}

async function filesOf(url: string): Promise<ModuleFile[]> {
  try {
    return await moduleFiles(url);
  } catch (cause) {
    if (cause instanceof PermissionScopeError) throw cause;
    throw new TaskLoadError(`Cannot load task module ${url}: ${(cause as Error).message}`, { url, cause });
  }
}

function commonFolder(urls: readonly string[]): string {
  const [first, ...others] = urls.map((url) => url.split("/").slice(0, -1));
  let depth = first.length;
  for (const folders of others) {
    while (folders.slice(0, depth).join("/") !== first.slice(0, depth).join("/")) depth--;
  }
  return `${first.slice(0, depth).join("/")}/`;
}
