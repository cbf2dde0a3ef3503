/**
 * Hosts in network namespaces, behind a link with delay and loss, as an item of the soak test of clusters.
 *
 * @module
 */
import { Pool } from "../../mod.ts";
import { cluster } from "../../lib/cluster.ts";
import { TestHost } from "../../tests/support/cluster_host.ts";
import { TestRedis } from "../../tests/support/redis.ts";
import type { Item, Measured } from "./cluster.ts";
import { isEach, own, within } from "./cluster_kit.ts";

const CALLS = 500;
/** Not the default port, on which a Redis may run. */
const PORT = 6377;

/** A link to two network namespaces, made by `lossy_link.py`. This side of link n has the address 10.77.n.1. */
class Link implements AsyncDisposable {
  readonly namespaces = [1, 2].map((n) => `isopool${Deno.pid}n${n}`);
  readonly #process: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;

  constructor() {
    const script = decodeURIComponent(new URL("lossy_link.py", import.meta.url).pathname);
    this.#process = new Deno.Command("python3", {
      args: [script, ...this.namespaces],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#lines = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Reads the script's next line; `undefined` if the script has failed. */
  async line(): Promise<string | undefined> {
    return (await this.#lines.read()).value?.trim();
  }

  /** Ends the link. Returns the script's line about lost packets. */
  async end(): Promise<string | undefined> {
    await this.#process.stdin.close();
    return await this.line();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stdin.close().catch(() => {}); // It may be closed.
    await this.#lines.cancel();
    await this.#process.status;
  }
}

/** Returns why there can be no network namespaces here; `undefined` if there can. */
async function whyImpossible(): Promise<string | undefined> {
  if (Deno.uid() !== 0) return "it needs root, for network namespaces";
  for (const command of [["ip", "-V"], ["python3", "-V"], ["test", "-w", "/dev/net/tun"]]) {
    const { success } = await new Deno.Command(command[0], { args: command.slice(1) }).output()
      .catch(() => ({ success: false }));
    if (!success) return `\`${command.join(" ")}\` fails here`;
  }
}

async function run(): Promise<Measured> {
  const reason = await whyImpossible();
  if (reason !== undefined) return { measured: reason, ok: undefined };
  await using link = new Link();
  if (await link.line() !== "ready") return { measured: "the namespaces cannot be made here", ok: undefined };
  await using redis = await TestRedis.start(
    ...["--port", `${PORT}`, "--bind", "10.77.1.1", "10.77.2.1", "--protected-mode", "no"],
  );
  const options = (n: number) => ({ redis: `redis://10.77.${n}.1:${PORT}`, queue: "network", concurrency: 8 });
  await using _one = await TestHost.start(options(1), ["-A"], undefined, ["ip", "netns", "exec", link.namespaces[0]]);
  await using _two = await TestHost.start(options(2), ["-A"], undefined, ["ip", "netns", "exec", link.namespaces[1]]);
  await using pool = new Pool({ backend: cluster({ redis: redis.address, queue: "network" }) });
  const start = performance.now();
  const file = `${redis.folder}/lines`;
  const results = await within(
    120_000,
    pool.starmap(own.record, Array.from({ length: CALLS }, (_, n) => [file, n, 20])),
  );
  const ms = Math.round(performance.now() - start);
  const runs = (await Deno.readTextFile(file)).trimEnd().split("\n").length;
  const packets = await link.end();
  return {
    measured: `${results.length} of ${CALLS} in ${ms} ms, ${runs} runs; ${packets}`,
    ok: isEach(results, CALLS) && runs === CALLS,
  };
}

export const NETWORK: readonly Item[] = [{
  name: "network",
  required: `two hosts in network namespaces, 5 ms delay and 1 % loss each way: ${CALLS} results, each run once`,
  run,
}];
