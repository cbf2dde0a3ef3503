/**
 * `HostChannel`: a worker process on another host. It starts when the host is connected, and what is written before that,
 * or while a module of its tasks is on its way, waits.
 *
 * @module
 */
import { queueMicrotask } from "../core/timer.ts";
import { Promise } from "../core/platform.ts";
import { remoteCommand, type RemoteHost } from "./host_command.ts";
import type { HostSession } from "./host_session.ts";
import { Child, type ChildEvents } from "./process_child.ts";
import type { Channel } from "./process_site.ts";
import type { Setup } from "./transport.ts";

/** A worker process on another host. */
export class HostChannel implements Channel {
  readonly #events: ChildEvents;
  #child: Child | undefined;
  #isKilled = false;
  // The steps that wait, in order; the first of them waits for a promise.
  readonly #waiting: (() => void | PromiseLike<unknown>)[] = [];
  #isBusy = false;

  /** @param early Modules that are on their way, and must be on the host before the worker starts. */
  constructor(
    session: HostSession,
    early: readonly PromiseLike<void>[],
    host: RemoteHost,
    setup: Setup,
    events: ChildEvents,
    init: readonly Uint8Array[],
  ) {
    this.#events = events;
    this.#enqueue(async () => {
      await session.connected;
      await Promise.all(early);
      if (setup.permissions) await Promise.all(setup.modules().map((url) => session.provide(url)));
      if (!this.#isKilled) this.#child = new Child(remoteCommand(host, session.folder, setup), events, init);
    });
  }

  /** The id of the `ssh` process; 0 before there is one. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  write(parts: readonly Uint8Array[], done?: () => void): void {
    if (!this.#isBusy && this.#waiting.length === 0) this.#child?.write(parts, done);
    else this.#enqueue(() => this.#child?.write(parts, done));
  }

  /** Makes later writes wait for a promise. */
  hold(until: () => PromiseLike<unknown>): void {
    this.#enqueue(until);
  }

  kill(): void {
    this.#isKilled = true;
    this.#waiting.length = 0;
    this.#child?.kill();
  }

  #enqueue(step: () => void | PromiseLike<unknown>): void {
    this.#waiting.push(step);
    if (!this.#isBusy) void this.#run();
  }

  async #run(): Promise<void> {
    this.#isBusy = true;
    try {
      for (let step = this.#waiting.shift(); step; step = this.#waiting.shift()) await step();
    } catch (error) {
      this.#fail(error as Error);
    }
    this.#isBusy = false;
  }

  #fail(error: Error): void {
    if (this.#isKilled) return;
    this.kill();
    // A process that runs reports its own end.
    if (!this.#child) queueMicrotask(() => this.#events.ended(undefined, undefined, error, true));
  }
}
