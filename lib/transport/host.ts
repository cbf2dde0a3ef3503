/**
 * `Host`: one of the machines on which a pool runs worker processes (this one, or another through `ssh`), and its state.
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

/** Milliseconds until a host is tried again after a first failure; each further failure doubles them, up to the maximum. */
const FIRST_WAIT = 1_000;
const MAX_WAIT = 60_000;

/** One host. */
export class Host {
  readonly name: string | undefined;
  /** The workers of this host that have not ended. */
  readonly transports: Set<Transport> = new Set<Transport>();
  /** Why the host is down, or was down last. */
  error: Error | undefined;
  readonly #setup: Setup;
  readonly #onChange: () => void;
  #capacity: number;
  readonly #isCapacityKnown: boolean;
  #session: HostSession | undefined;
  #failures = 0;
  // When the host is tried again, on the `performance.now()` clock. The host is down while the timer runs.
  #downUntil = 0;
  #downTimer: Timer | undefined;

  /** @param onChange Called when the capacity of the host changes. */
  constructor({ name, workers }: HostSetup, setup: Setup, onChange: () => void) {
    this.name = name;
    this.#setup = setup;
    this.#onChange = onChange;
    this.#isCapacityKnown = workers !== undefined || name === undefined;
    this.#capacity = workers ?? (name === undefined ? cores : 1);
  }

  /** Maximum number of workers that the host can have now. */
  get capacity(): number {
    return this.isDown ? 0 : this.#capacity;
  }

  /** Whether the host has failed, and is not tried again yet. */
  get isDown(): boolean {
    return this.#downTimer !== undefined;
  }

  /** When the host is tried again, on the `performance.now()` clock. */
  get downUntil(): number {
    return this.#downUntil;
  }

  /** Returns where a worker of this host runs. */
  site(): Site {
    const { name } = this;
    if (name === undefined) return localSite(this.#setup);
    const session = this.#session ??= this.#connect(name);
    // The modules of hooks: they are placed before there is a channel that could wait for them.
    const early: PromiseLike<void>[] = [];
    let channel: HostChannel | undefined;
    return {
      isLaunched: true,
      open: (events, init) => {
        channel = new HostChannel(session, early, this.#remote(name), this.#setup, events, init);
        return channel;
      },
      place: (source) => {
        if (!("url" in source)) return source;
        // A module that cannot be provided fails the task, when the worker loads it.
        const provided = session.provide(source.url).catch(() => {});
        if (channel) channel.hold(() => provided);
        else early.push(provided);
        return { ...source, url: session.urlOf(source.url) };
      },
    };
  }

  /** A worker runs on the host, so the host works: the next failure is a first one again. */
  worked(): void {
    this.#failures = 0;
  }

  /** The host cannot be used for a while. Its workers are lost. */
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
      // A session that this class has closed is no failure.
      if (this.#session === session) this.failed(error);
    });
    session.connected.then(({ cores }) => {
      if (this.#isCapacityKnown || this.#capacity === cores) return;
      this.#capacity = cores;
      this.#onChange();
    }, () => {}); // `failed` is called with the error.
    return session;
  }
}
