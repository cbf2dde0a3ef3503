/**
 * `Host`: one of the hosts of a pool, and its state.
 *
 * ```
 * unused --launch--> connecting --> connected --the connection ends--> down --after a while--> unused
 *                        \--- cannot connect ---------------------------^
 * ```
 *
 * @module
 */
import { cores, performance } from "../core/platform.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import { HostChannel } from "./host_channel.ts";
import { HostSession } from "./host_session.ts";
import { localSite, type Site } from "./process_site.ts";
import type { HostSetup, Setup, Transport } from "./transport.ts";

/** Milliseconds until a host is tried again after a first failure; each further one doubles it, up to the maximum. */
const FIRST_WAIT = 1_000;
const MAX_WAIT = 60_000;

/** One host. */
export class Host {
  readonly name: string | undefined;
  /** The workers there that have not ended. */
  readonly transports: Set<Transport> = new Set<Transport>();
  /** Why it is down, or was down last. */
  error: Error | undefined;
  readonly #setup: Setup;
  readonly #onChange: () => void;
  #capacity: number;
  readonly #isCapacityKnown: boolean;
  #session: HostSession | undefined;
  #failures = 0;
  // When it is tried again, on the `performance.now()` clock; while the timer runs, it is down.
  #downUntil = 0;
  #downTimer: Timer | undefined;

  /** @param onChange Is called when its capacity changes. */
  constructor({ name, workers }: HostSetup, setup: Setup, onChange: () => void) {
    this.name = name;
    this.#setup = setup;
    this.#onChange = onChange;
    this.#isCapacityKnown = workers !== undefined || name === undefined;
    this.#capacity = workers ?? (name === undefined ? cores : 1);
  }

  /** Maximum number of workers there now. */
  get capacity(): number {
    return this.isDown ? 0 : this.#capacity;
  }

  /** Whether it has failed, and is not tried again yet. */
  get isDown(): boolean {
    return this.#downTimer !== undefined;
  }

  /** When it is tried again, on the `performance.now()` clock. */
  get downUntil(): number {
    return this.#downUntil;
  }

  /** Returns where a worker of this host runs. */
  site(): Site {
    const { name } = this;
    if (name === undefined) return localSite(this.#setup);
    const session = this.#session ??= this.#connect(name);
    // The modules of hooks, which the worker needs from its start on.
    const early: PromiseLike<void>[] = [];
    let channel: HostChannel | undefined;
    return {
      isLaunched: true,
      open: (events) => channel = new HostChannel(session, early, this.#remote(name), this.#setup, events),
      place: (source) => {
        if (!("url" in source)) return source;
        // What is wrong with a module is an error of the task, when the worker loads it.
        const provided = session.provide(source.url).catch(() => {});
        if (channel) channel.hold(() => provided);
        else early.push(provided);
        return { ...source, url: session.urlOf(source.url) };
      },
    };
  }

  /** A worker runs there: it works again. */
  worked(): void {
    this.#failures = 0;
  }

  /** It cannot be used for a while. Its workers are lost. */
  failed(error: Error): void {
    this.error = error;
    const session = this.#session;
    this.#session = undefined;
    session?.close();
    for (const transport of this.transports) transport.kill();
    if (this.isDown) return;
    const wait = Math.min(MAX_WAIT, FIRST_WAIT * 2 ** this.#failures++);
    this.#downUntil = performance.now() + wait;
    this.#downTimer = setTimeout(() => {
      this.#downTimer = undefined;
      this.#onChange();
    }, wait);
    this.#downTimer.unref();
    this.#onChange();
  }

  /** The pool has ended. */
  close(): void {
    clearTimeout(this.#downTimer);
    const session = this.#session;
    this.#session = undefined;
    session?.close();
  }

  #remote(name: string): { name: string; ssh: readonly string[] } {
    return { name, ssh: this.#setup.hosts!.ssh };
  }

  #connect(name: string): HostSession {
    const delay = this.isDown ? this.#downUntil - performance.now() : 0;
    const session: HostSession = new HostSession(this.#remote(name), delay, (error) => {
      // One that was closed is no failure.
      if (this.#session === session) this.failed(error);
    });
    session.connected.then(({ cores }) => {
      if (this.#isCapacityKnown || this.#capacity === cores) return;
      this.#capacity = cores;
      this.#onChange();
    }, () => {}); // `failed` has it.
    return session;
  }
}
