/**
 * `DevRedis`: the Redis of `isopool worker --dev`. It keeps its data in a temporary folder, which is removed with it.
 *
 * @module
 */
import { URL } from "../core/platform.ts";
import { delay } from "../core/std.ts";
import { UsageError } from "./usage_error.ts";

/** Milliseconds until it must answer. */
const START_LIMIT = 10_000;
const START_CHECK = 20;

/** A running Redis. */
export class DevRedis implements AsyncDisposable {
  /** Its URL, for pools and other hosts. */
  readonly url: string;
  readonly #process: Deno.ChildProcess;
  readonly #folder: string;

  private constructor(url: string, process: Deno.ChildProcess, folder: string) {
    this.url = url;
    this.#process = process;
    this.#folder = folder;
  }

  /**
   * Starts one, and waits until it takes connections.
   *
   * @param given Where it listens: a port of this machine, or a socket; by default a free port.
   */
  static async start(given: string | undefined): Promise<DevRedis> {
    const url = new URL(given ?? `redis://127.0.0.1:${freePort()}`);
    const isLocal = ["127.0.0.1", "localhost"].includes(url.hostname) && url.password === "";
    if (url.protocol !== "unix:" && !(url.protocol === "redis:" && isLocal)) {
      throw new UsageError(
        `--dev starts a Redis on this machine, not at ${url.href}: leave out --redis, or leave out --dev`,
      );
    }
    const folder = await Deno.makeTempDir({ prefix: "isopool-redis-" });
    const place = url.protocol === "unix:"
      ? ["--port", "0", "--unixsocket", url.pathname]
      : ["--port", url.port || "6379"];
    const args = [
      ...["--bind", "127.0.0.1", ...place, "--dir", folder],
      ...["--save", "", "--appendonly", "yes", "--maxmemory-policy", "noeviction"],
    ];
    const redis = new DevRedis(given ?? url.href, spawn(args), folder);
    try {
      await redis.#answers(url);
    } catch (error) {
      await redis[Symbol.asyncDispose]();
      throw error;
    }
    return redis;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGTERM");
    } catch { /* It has ended. */ }
    await this.#process.status;
    await Deno.remove(this.#folder, { recursive: true });
  }

  // Resolves when it takes connections.
  async #answers(url: URL): Promise<void> {
    let ended: Deno.CommandStatus | undefined;
    void this.#process.status.then((status) => ended = status);
    for (let waited = 0; waited < START_LIMIT && !ended; waited += START_CHECK) {
      try {
        using _connection = url.protocol === "unix:"
          ? await Deno.connect({ transport: "unix", path: url.pathname })
          : await Deno.connect({ hostname: "127.0.0.1", port: Number(url.port || 6379) });
        return;
      } catch {
        await delay(START_CHECK);
      }
    }
    throw new UsageError(
      `--dev: redis-server does not run at ${this.url}${
        ended ? `: it has ended with code ${ended.code}` : ""
      }: is that port ` +
        "or socket in use?",
    );
  }
}

function spawn(args: string[]): Deno.ChildProcess {
  try {
    return new Deno.Command("redis-server", { args, stdin: "null", stdout: "null", stderr: "inherit" }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UsageError(
      "--dev starts redis-server, which is not installed here: install it (apt-get install redis-server, brew install redis), " +
        "or give --redis URL without --dev",
    );
  }
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}
