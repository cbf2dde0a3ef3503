/**
 * `CallWatch` reports what happens to the calls of one executor: their start, their messages and their one end.
 *
 * It reads the events of BullMQ, from the last event before the first call on, so it misses none while the connection
 * stands. A sweep every {@linkcode SWEEP_INTERVAL} reads the state of the calls that have not ended, for events that were
 * lost with a connection or trimmed by Redis. An end that is found twice is reported once.
 *
 * @module
 */
import { JSON, type Promise } from "../core/platform.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import { type JobEvent, readEvents } from "./event_reader.ts";
import type { ClusterSettings } from "./options.ts";
import type { Queue, Redis } from "./packages.ts";
import { disconnect, redisClient, unref } from "./redis.ts";
import {
  type Control,
  controlChannel,
  failureOf,
  HAS_KEY,
  type JobFailure,
  type JobNews,
  type JobResult,
  resultKey,
  unpack,
} from "./wire.ts";

/** Milliseconds between two looks at the calls that have not ended. */
const SWEEP_INTERVAL = 2_000;
/** Number of calls that one command asks for, or adds, at most. */
export const BULK = 500;

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
  /** Whether Redis may have it. */
  isSent: boolean;
  isStarted: boolean;
  /** Number of sweeps that found no job. Its `add` may be under way. */
  misses: number;
}

/** The calls of one executor that have not ended. */
export class CallWatch {
  readonly #settings: ClusterSettings;
  readonly #client: Redis;
  readonly #keepsResults: boolean;
  readonly #pending = new Map<string, Pending>();
  #queue: Queue | undefined;
  #eventsClient: Redis | undefined;
  #timer: Timer | undefined;
  #isClosed = false;

  /** @param keepsResults Whether others may read the large results, too. */
  constructor(settings: ClusterSettings, client: Redis, keepsResults: boolean) {
    this.#settings = settings;
    this.#client = client;
    this.#keepsResults = keepsResults;
  }

  /** Listens, from the last event on. */
  async listen(queue: Queue): Promise<void> {
    const { redis } = this.#settings;
    this.#queue = queue;
    const [last] = await this.#client.xrevrange(queue.toKey("events"), "+", "-", "COUNT", 1);
    if (this.#isClosed) return;
    const client = this.#eventsClient = redisClient(redis, true);
    unref(client);
    const from = last?.[0] ?? "0-0";
    void readEvents(client, queue.toKey("events"), from, (event) => this.#happened(event), () => this.#isClosed);
  }

  /** Adds a call that Redis does not have yet. */
  add(id: string, events: CallEvents): void {
    this.#pending.set(id, { events, control: undefined, isSent: false, isStarted: false, misses: 0 });
    this.#timer ??= this.#nextSweep();
  }

  /** Redis may have the call from now on. Returns whether it has not been given up. */
  sent(id: string): boolean {
    const pending = this.#pending.get(id);
    if (pending) pending.isSent = true;
    return pending !== undefined;
  }

  /** Returns how far a call is, as far as this side has heard; `undefined` if it has ended. */
  stateOf(id: string): "unsent" | "sent" | "started" | undefined {
    const pending = this.#pending.get(id);
    return pending && (pending.isStarted ? "started" : pending.isSent ? "sent" : "unsent");
  }

  /** Ends a call here. */
  fail(id: string, failure: JobFailure): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.events.failed(failure);
  }

  /** Forgets a call: it has no more events. Returns whether it had not ended. */
  delete(id: string): boolean {
    return this.#pending.delete(id);
  }

  /** Tells the host of a call something; the sweep says it again. */
  control(control: Control): void {
    const pending = this.#pending.get(control.id);
    if (pending) pending.control = control;
    this.publish(control);
  }

  /** Tells the host of a call something, once. */
  publish(control: Control): void {
    const { prefix, queue } = this.#settings;
    // Without Redis nobody hears it: the sweep says it again.
    this.#client.publish(controlChannel(prefix, queue), JSON.stringify(control)).catch(() => {});
  }

  /** Reads the state of all calls. */
  async sweep(): Promise<void> {
    clearTimeout(this.#timer);
    const ids = [...this.#pending].flatMap(([id, { isSent }]) => isSent ? [id] : []);
    try {
      for (let at = 0; at < ids.length && !this.#isClosed; at += BULK) await this.#look(ids.slice(at, at + BULK));
    } catch { /* Redis cannot be reached; the next sweep looks again. */ }
    this.#timer = this.#pending.size > 0 && !this.#isClosed ? this.#nextSweep() : undefined;
  }

  /** Forgets all calls: they have no more events. */
  clear(): void {
    this.#isClosed = true;
    this.#pending.clear();
    clearTimeout(this.#timer);
  }

  /** Closes its connection. */
  async close(): Promise<void> {
    this.clear();
    // A blocked read of events ends with its connection.
    await disconnect(this.#eventsClient);
  }

  #nextSweep(): Timer {
    const timer = setTimeout(() => void this.sweep(), SWEEP_INTERVAL);
    Deno.unrefTimer(timer as unknown as number);
    return timer;
  }

  #happened(event: JobEvent): void {
    const { jobId } = event;
    switch (event.event) {
      case "active":
        return this.#started(jobId);
      case "progress":
        return this.#pending.get(jobId)?.events.news(unpack(event.data as string));
      case "completed":
        return this.#completed(jobId, event.returnvalue);
      case "failed":
        return this.#end(jobId, (each) => each.failed(failureOf(event.failedReason)));
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

  async #look(ids: string[]): Promise<void> {
    const pipeline = this.#client.pipeline();
    const fields = ["timestamp", "processedOn", "finishedOn", "returnvalue", "failedReason"];
    for (const id of ids) pipeline.hmget(this.#queue!.toKey(id), ...fields);
    const found = await pipeline.exec() ?? [];
    ids.forEach((id, i) => {
      const [error, values] = found[i] as [Error | null, (string | null)[]];
      const pending = this.#pending.get(id);
      if (error || !pending) return;
      const [timestamp, processedOn, finishedOn, value, reason] = values;
      if (timestamp === null && ++pending.misses > 1) {
        return this.#end(id, (each) => each.failed(vanished("its job has")));
      }
      if (processedOn !== null) this.#started(id);
      if (pending.control) this.publish(pending.control);
      if (finishedOn === null) return;
      if (reason !== null) this.#end(id, (each) => each.failed(failureOf(reason)));
      else if (value !== null) this.#completed(id, JSON.parse(value));
    });
  }

  #completed(id: string, value: string): void {
    if (value === HAS_KEY) void this.#readResult(id);
    else this.#end(id, (each) => each.ended(unpack(value)));
  }

  async #readResult(id: string): Promise<void> {
    if (!this.#pending.has(id)) return;
    const key = resultKey(this.#queue!.toKey(id));
    let value: string | null;
    try {
      value = await this.#client.get(key);
    } catch {
      return; // Redis cannot be reached; the sweep finds the end again.
    }
    if (!this.#keepsResults) this.#client.del(key).catch(() => {}); // Else its retention ends it.
    if (value !== null) return this.#end(id, (each) => each.ended(unpack(value)));
    this.#end(id, (each) => each.failed(vanished("its result has")));
  }
}

function vanished(what: string): JobFailure {
  return { kind: "death", reason: "terminated", cause: { value: `${what} vanished from Redis` } };
}
