/**
 * `Executor`: a pool's side of a cluster. It adds calls as BullMQ jobs, and gives each call one end.
 *
 * Events say how a job goes on, from the last event before the first job on, so none is missed while the connection
 * stands. A sweep every {@linkcode SWEEP_INTERVAL} reads the state of the calls that still wait, for events that were lost
 * with a connection or trimmed by Redis. What comes second finds no call any more.
 *
 * @module
 */
import { crypto, JSON, Promise } from "../core/platform.ts";
import { clearTimeout, queueMicrotask, setTimeout, type Timer } from "../core/timer.ts";
import { encodeThrown } from "../protocol/error_record.ts";
import type { ClusterSettings } from "./options.ts";
import { type BulkJobOptions, Queue, QueueEvents, type Redis } from "./packages.ts";
import { addressName, connected, disconnect, redisClient } from "./redis.ts";
import { ClusterError } from "../core/errors.ts";
import {
  claimKey,
  type Control,
  controlChannel,
  failureOf,
  type JobFailure,
  type JobNews,
  type JobResult,
  KEEP_SECONDS,
  unpack,
} from "./wire.ts";

/** Milliseconds between two looks at the calls that wait. */
const SWEEP_INTERVAL = 2_000;
/** Jobs added at once, at most. */
const BULK = 500;

/** What happens to a call. After `ended` or `failed` there is nothing more. */
export interface CallEvents {
  started(): void;
  news(news: JobNews): void;
  ended(result: JobResult): void;
  failed(failure: JobFailure): void;
}

interface Pending {
  readonly events: CallEvents;
  /** The last thing that was said to the host, which may have been lost. */
  control: Control | undefined;
  isStarted: boolean;
  /** Number of sweeps that found no job. Its `add` may be under way. */
  misses: number;
}

/** What BullMQ tells of a job. */
type JobEvent<T = unknown> = T & { readonly jobId: string };

/** The connection of one pool. */
export class Executor {
  /** Resolves when Redis has answered; rejects if it has not in time. */
  readonly ready: Promise<void>;
  readonly #settings: ClusterSettings;
  readonly #id: string = crypto.randomUUID();
  readonly #client: Redis;
  // Made once the client is connected: a queue asks for the version of Redis at once.
  #queue!: Queue;
  readonly #pending = new Map<string, Pending>();
  #events: QueueEvents | undefined;
  #eventsClient: Redis | undefined;
  #outgoing: { id: string; request: string }[] = [];
  #count = 0;
  #timer: Timer | undefined;
  #closed = false;

  constructor(settings: ClusterSettings) {
    this.#settings = settings;
    this.#client = redisClient(settings.redis, false);
    this.ready = this.#start();
    this.ready.catch(() => {}); // Each lane looks at it.
  }

  /** Adds a call. Returns its id. Its events come later. */
  submit(request: string, events: CallEvents): string {
    const id = `${this.#id}-${++this.#count}`;
    this.#pending.set(id, { events, control: undefined, isStarted: false, misses: 0 });
    if (this.#outgoing.push({ id, request }) === 1) queueMicrotask(() => this.#flush());
    this.#timer ??= this.#nextSweep();
    return id;
  }

  /** Takes back a call that no host has taken, else tells its host. Resolves to whether it was taken back. */
  async cancel(id: string, reason: string): Promise<boolean> {
    try {
      if (!this.#pending.get(id)?.isStarted && await this.#queue.remove(id) === 1) return this.#pending.delete(id);
    } catch { /* The sweep says it to the host again. */ }
    this.control({ kind: "cancel", id, reason });
    return false;
  }

  /** Tells the host of a call something; the sweep says it again. */
  control(control: Control): void {
    const pending = this.#pending.get(control.id);
    if (pending) pending.control = control;
    this.#publish(control);
  }

  /** Gives a call up: it has no more events. Its host stops it, or does not start it. */
  giveUp(id: string): void {
    if (!this.#pending.delete(id)) return;
    const { prefix, queue } = this.#settings;
    const marked = this.#client.set(claimKey(prefix, queue, id), "given up", "EX", KEEP_SECONDS);
    // Without Redis no host hears it. The call then ends by its own time limit.
    marked.then(() => this.#queue.remove(id)).then((count) => {
      if (count !== 1) this.#publish({ kind: "kill", id });
    }).catch(() => {});
  }

  /** Closes the connections. Calls that have not ended have no more events. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#pending.clear();
    clearTimeout(this.#timer);
    await this.ready.catch(() => {});
    // A blocked read of events ends with its connection.
    await disconnect(this.#eventsClient);
    await Promise.allSettled([this.#events?.close(), this.#queue?.close()]);
    await disconnect(this.#client);
  }

  async #start(): Promise<void> {
    const { redis, queue, prefix } = this.#settings;
    await connected(this.#client, redis);
    this.#queue = new Queue(queue, { connection: this.#client, prefix, skipWaitingForReady: true });
    this.#queue.on("error", () => {}); // The command that failed says it.
    const [last] = await this.#client.xrevrange(this.#queue.toKey("events"), "+", "-", "COUNT", 1);
    if (this.#closed) return;
    const client = this.#eventsClient = redisClient(redis, true);
    const events = this.#events = new QueueEvents(queue, {
      connection: client,
      prefix,
      lastEventId: last?.[0] ?? "0-0",
    });
    events.on("error", () => {}); // It connects again, and the sweep finds what was missed.
    events.on("active", ({ jobId }: JobEvent) => this.#started(jobId));
    events.on(
      "progress",
      ({ jobId, data }: JobEvent<{ data: unknown }>) => this.#pending.get(jobId)?.events.news(unpack(data as string)),
    );
    events.on("completed", ({ jobId, returnvalue }: JobEvent<{ returnvalue: string }>) => {
      this.#end(jobId, (each) => each.ended(unpack(returnvalue)));
    });
    events.on("failed", ({ jobId, failedReason }: JobEvent<{ failedReason: string }>) => {
      this.#end(jobId, (each) => each.failed(failureOf(failedReason)));
    });
    await events.waitUntilReady();
    unref(this.#client);
    unref(client);
  }

  async #flush(): Promise<void> {
    const all = this.#outgoing;
    this.#outgoing = [];
    for (let at = 0; at < all.length; at += BULK) {
      const part = all.slice(at, at + BULK).filter(({ id }) => this.#pending.has(id));
      const jobs = part.map(({ id, request }) => ({ name: "call", data: { request }, opts: jobOptions(id) }));
      try {
        if (jobs.length === 1) await this.#queue.add(jobs[0].name, jobs[0].data, jobs[0].opts);
        else if (jobs.length > 1) await this.#queue.addBulk(jobs);
      } catch (cause) {
        const error = new ClusterError(
          `Cannot send the call to Redis at ${addressName(this.#settings.redis)}: if it was sent nevertheless, it is ` +
            "given up: declare `retry` with `minTimeout` to try again",
          { cause },
        );
        for (const { id } of part) {
          const pending = this.#pending.get(id);
          this.giveUp(id);
          pending?.events.failed({ kind: "thrown", thrown: encodeThrown(error) });
        }
      }
    }
  }

  #started(id: string): void {
    const pending = this.#pending.get(id);
    if (!pending || pending.isStarted) return;
    pending.isStarted = true;
    pending.events.started();
  }

  #end(id: string, tell: (events: CallEvents) => void): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    // The event of its start may have been lost.
    this.#started(id);
    this.#pending.delete(id);
    tell(pending.events);
  }

  #publish(control: Control): void {
    const { prefix, queue } = this.#settings;
    // The sweep says it again.
    this.#client.publish(controlChannel(prefix, queue), JSON.stringify(control)).catch(() => {});
  }

  #nextSweep(): Timer {
    const timer = setTimeout(() => void this.#sweep(), SWEEP_INTERVAL);
    Deno.unrefTimer(timer as unknown as number);
    return timer;
  }

  async #sweep(): Promise<void> {
    const ids = [...this.#pending.keys()];
    try {
      for (let at = 0; at < ids.length; at += BULK) await this.#look(ids.slice(at, at + BULK));
    } catch { /* Redis is away; the next sweep looks again. */ }
    this.#timer = this.#pending.size > 0 && !this.#closed ? this.#nextSweep() : undefined;
  }

  async #look(ids: string[]): Promise<void> {
    const pipeline = this.#client.pipeline();
    const fields = ["timestamp", "processedOn", "finishedOn", "returnvalue", "failedReason"];
    for (const id of ids) pipeline.hmget(this.#queue.toKey(id), ...fields);
    const found = await pipeline.exec() ?? [];
    ids.forEach((id, i) => {
      const [error, values] = found[i] as [Error | null, (string | null)[]];
      const pending = this.#pending.get(id);
      if (error || !pending) return;
      const [timestamp, processedOn, finishedOn, value, reason] = values;
      if (timestamp === null && ++pending.misses > 1) {
        const cause = { value: "its job has vanished from Redis" };
        return this.#end(id, (each) => each.failed({ kind: "death", reason: "terminated", cause }));
      }
      if (processedOn !== null) this.#started(id);
      if (pending.control) this.#publish(pending.control);
      if (finishedOn === null) return;
      if (reason !== null) this.#end(id, (each) => each.failed(failureOf(reason)));
      else if (value !== null) this.#end(id, (each) => each.ended(unpack(JSON.parse(value))));
    });
  }
}

function jobOptions(jobId: string): BulkJobOptions {
  const kept = { age: KEEP_SECONDS };
  return { jobId, attempts: 1, removeOnComplete: kept, removeOnFail: kept, stackTraceLimit: 0 };
}

/** Lets the script end although a connection is open: unfinished calls keep it alive, not their connection. */
function unref(client: Redis): void {
  const release = () => (client as unknown as { stream?: { unref?(): void } }).stream?.unref?.();
  client.on("connect", release);
  release();
}
