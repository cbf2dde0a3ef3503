/**
 * `HostSession`: a connection to another host, whose folder there has the modules of a pool's tasks.
 *
 * ```
 * ssh host deno run keepFolder      host_keeper.ts
 *   facts about the host <---
 *   ---> files       <--- written
 *   the connection ends: the folder is removed there
 * ```
 *
 * Workers have connections of their own (host_channel.ts).
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { crypto, JSON, Promise, URL } from "../core/platform.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import { formatVersion } from "../protocol/frames.ts";
import { PROCESS_CODE, PROCESS_OBJECTS } from "./entry.ts";
import { keeperCommand, NO_RUNTIME, type RemoteHost } from "./host_command.ts";
import { moduleFiles, urlIn } from "./module_files.ts";
import { Child } from "./process_child.ts";

/** What is known of a host once it is connected. */
export interface HostFacts {
  readonly cores: number;
  readonly version: string;
  /** Version of the engine's format of values (protocol/frames.ts). */
  readonly format: number;
}

/** A connection to a host. */
export class HostSession {
  /** The path of the folder on the host. */
  readonly folder: string;
  /** Resolves when the host can run workers. Rejects if it cannot. */
  readonly connected: Promise<HostFacts>;
  readonly #host: RemoteHost;
  readonly #onEnd: (error: IsopoolError) => void;
  #keeper: Child | undefined;
  #timer: Timer | undefined;
  readonly #facts = Promise.withResolvers<HostFacts>();
  // Files that are on their way, by number.
  readonly #written = new Map<number, () => void>();
  readonly #provided = new Map<string, Promise<void>>();
  readonly #sent = new Set<string>();
  #refusal: IsopoolError | undefined;
  #lastId = 0;
  #text = "";
  #stderr = "";

  /**
   * Connects.
   *
   * @param delay Milliseconds before the connection is made.
   * @param onEnd Is called when the connection has ended, or could not be made.
   */
  constructor(host: RemoteHost, delay: number, onEnd: (error: IsopoolError) => void) {
    this.#host = host;
    this.#onEnd = onEnd;
    this.folder = `/tmp/isopool-${crypto.randomUUID()}`;
    if (delay <= 0) this.#open();
    else this.#timer = setTimeout(() => this.#open(), delay);
    const { promise } = this.#facts;
    // Pending writes of a session that has ended never settle: its workers end with it.
    this.connected = promise.then(async (facts) => {
      await Promise.all([PROCESS_CODE, PROCESS_OBJECTS].map((url) => this.provide(url)));
      return facts;
    });
    this.connected.catch(() => {}); // `onEnd` reports it.
  }

  /** Returns the URL of a module on the host. */
  urlOf(url: string): string {
    return urlIn(this.folder, url);
  }

  /** Sends a module and what it imports, once. Resolves when the host has them. */
  provide(url: string): Promise<void> {
    let provided = this.#provided.get(url);
    if (!provided) this.#provided.set(url, provided = this.#provide(url));
    return provided;
  }

  /** Ends the connection. The host removes the folder. */
  close(): void {
    clearTimeout(this.#timer);
    this.#keeper?.kill();
  }

  #open(): void {
    const decoder = new TextDecoder();
    this.#keeper = new Child(keeperCommand(this.#host, this.folder), {
      data: (piece) => this.#read(decoder.decode(piece, { stream: true })),
      stdout: () => {},
      stderr: (piece) => this.#stderr = (this.#stderr + new TextDecoder().decode(piece)).slice(-2_000),
      ended: (exitCode, _signal, error) => {
        const failure = this.#failure(exitCode, error);
        this.#facts.reject(failure);
        this.#onEnd(failure);
      },
    });
  }

  async #provide(url: string): Promise<void> {
    const files = await moduleFiles(url);
    await this.#facts.promise;
    await Promise.all(files.map(({ url, content }) => {
      const path = decodeURIComponent(new URL(url).pathname);
      if (this.#sent.has(path)) return;
      this.#sent.add(path);
      const id = ++this.#lastId;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#written.set(id, resolve);
      this.#keeper?.write([new TextEncoder().encode(`${JSON.stringify({ id, path, content: content.toBase64() })}\n`)]);
      return promise;
    }));
  }

  #read(text: string): void {
    const lines = (this.#text + text).split("\n");
    this.#text = lines.pop()!;
    for (const line of lines) {
      const message = JSON.parse(line);
      if (typeof message.id === "number") {
        this.#written.get(message.id)?.();
        this.#written.delete(message.id);
      } else this.#connected(message);
    }
  }

  #connected(facts: HostFacts): void {
    if (facts.format === formatVersion()) return this.#facts.resolve(facts);
    this.#refusal = new IsopoolError(
      `Cannot run workers on host ${this.#host.name}: Deno ${facts.version} there writes values in another format than ` +
        `Deno ${Deno.version.deno} here: install the same version there`,
    );
    this.close();
  }

  #failure(exitCode: number | undefined, cause: Error | undefined): IsopoolError {
    if (this.#refusal) return this.#refusal;
    const { name } = this.#host;
    if (exitCode === NO_RUNTIME) {
      return new IsopoolError(
        `Cannot run workers on host ${name}: there is no Deno: install Deno ${Deno.version.deno} there ` +
          `(npm install -g deno), so that \`ssh ${name} deno --version\` finds it`,
      );
    }
    const said = cause ? cause.message : this.#stderr.trim();
    return new IsopoolError(`Cannot run workers on host ${name}: ${said === "" ? "the connection has ended" : said}`, {
      cause,
    });
  }
}
