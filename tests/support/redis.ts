/**
 * A Redis of the tests' own, on a Unix socket or a free port of loopback. Where `redis-server` is missing, it is installed
 * if that is possible; else the tests that need it are ignored, with the reason.
 *
 * @module
 */
import { installPackages } from "./packages.ts";
import { until } from "./within.ts";

/** Why there is no Redis here; `undefined` if there is one. */
export const noRedis: string | undefined = await find();

async function runs(program: string, ...args: string[]): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" })
      .output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function find(): Promise<string | undefined> {
  if (await runs("redis-server", "--version")) return undefined;
  return installPackages("redis-server");
}

/** A running Redis. */
export class TestRedis implements AsyncDisposable {
  /** Its folder, with the socket, and its data if it keeps any. */
  readonly folder: string;
  readonly #args: readonly string[];
  #process: Deno.ChildProcess | undefined;

  private constructor(folder: string, args: readonly string[]) {
    this.folder = folder;
    this.#args = args;
  }

  /** Starts one. It keeps its data over a restart. */
  static async start(...args: string[]): Promise<TestRedis> {
    const redis = new TestRedis(await Deno.makeTempDir({ prefix: "isopool-test-redis-" }), args);
    await redis.start();
    return redis;
  }

  /** The address for `redis` options. */
  get address(): string {
    return `unix://${this.folder}/redis.sock`;
  }

  /** Starts it again after {@linkcode TestRedis.kill}. */
  async start(): Promise<void> {
    this.#process = new Deno.Command("redis-server", {
      args: [
        ...["--port", "0", "--unixsocket", `${this.folder}/redis.sock`, "--dir", this.folder],
        ...["--save", "", "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"],
        ...this.#args,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await until(() => answers(`${this.folder}/redis.sock`), "Redis answers");
  }

  /** Kills it, as a crash does. */
  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#process?.status;
    this.#process = undefined;
  }

  /** Freezes it: it keeps its connections, and answers nothing until it goes on. */
  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  /** Lets it go on after {@linkcode TestRedis.freeze}. */
  goOn(): void {
    this.#process?.kill("SIGCONT");
  }

  /** Sends a command of words. */
  async command(...words: string[]): Promise<void> {
    using connection = await Deno.connect({ transport: "unix", path: `${this.folder}/redis.sock` });
    await connection.write(new TextEncoder().encode(`${words.join(" ")}\r\n`));
    await connection.read(new Uint8Array(1_000));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function answers(path: string): Promise<boolean> {
  try {
    using connection = await Deno.connect({ transport: "unix", path });
    await connection.write(new TextEncoder().encode("PING\r\n"));
    const answer = new Uint8Array(7);
    await connection.read(answer);
    return ["+PONG\r\n", "-NOAUTH"].includes(new TextDecoder().decode(answer));
  } catch (error) {
    // It has not made its socket yet, or the socket of a killed one is still there.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.ConnectionRefused) return false;
    throw error;
  }
}
