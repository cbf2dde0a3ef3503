/** What a Redis is asked to do, by the names of BullMQ's scripts. */
import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import { until } from "../support/within.ts";

/** The scripts of a pool and a host, by the beginnings of their descriptions. */
const TITLES = {
  add: "Adds a prioritized job to the queue",
  take: "Move next job to be processed to active",
  end: "Move job from active to a finished status",
  report: "Update job progress",
  renew: "Extend locks for multiple jobs",
  recover: "Move stalled jobs to wait",
};

/** Reads along what a Redis runs, without the commands inside scripts. Start it before what sends the scripts. */
export class SeenCommands implements Disposable {
  readonly #client: Redis;
  readonly #monitor: Redis;
  readonly #names = new Map<string, string>();
  readonly #seen: string[] = [];

  private constructor(client: Redis, monitor: Redis) {
    this.#client = client;
    this.#monitor = monitor;
    monitor.on("monitor", (_time: string, args: string[], source: string) => {
      if (source !== "lua") this.#add(args);
    });
  }

  static async start(client: Redis): Promise<SeenCommands> {
    return new SeenCommands(client, await client.monitor());
  }

  /** Returns how often each command was run by now, and each script, since the last time. */
  async take(): Promise<Record<string, number>> {
    const mark = crypto.randomUUID();
    await this.#client.echo(mark);
    await until(() => this.#seen.includes(mark), "the monitor has shown the mark");
    const counts: Record<string, number> = {};
    for (const name of this.#seen.splice(0, this.#seen.indexOf(mark) + 1)) {
      if (name !== mark) counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }

  [Symbol.dispose](): void {
    this.#monitor.disconnect();
  }

  #add([command, text]: string[]): void {
    const name = command.toLowerCase();
    if (name === "echo") this.#seen.push(text);
    else if (name === "evalsha") this.#seen.push(this.#names.get(text) ?? text);
    else if (name === "eval") this.#seen.push(this.#learn(text.replaceAll("\\n", "\n")));
    else this.#seen.push(name);
  }

  // A client sends the text of a script before Redis knows it.
  #learn(text: string): string {
    const name = Object.entries(TITLES).find(([, title]) => text.includes(title))?.[0] ?? "another script";
    this.#names.set(createHash("sha1").update(text).digest("hex"), name);
    return name;
  }
}
