/**
 * `HostWorkers`: the workers of one worker host. A call takes an idle worker that was started for the same options, else a
 * new one. A worker that is idle for {@linkcode IDLE_LIMIT} ends.
 *
 * @module
 */
import { Promise } from "../core/platform.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import { type BackendName, BACKENDS, SCOPED } from "../pool/backends.ts";
import type { Launch, Setup } from "../transport/transport.ts";
import { ClusterError } from "../core/errors.ts";
import type { Scope } from "../pool/permissions.ts";
import { callPermissions } from "./host_permissions.ts";
import { HostWorker } from "./host_worker.ts";
import { type JobRequest, pack } from "./wire.ts";

/** Milliseconds after which an idle worker ends. */
const IDLE_LIMIT = 30_000;

/** What workers of a host run on. */
export type HostBackend = Exclude<BackendName, "async" | "cluster">;

interface Entry {
  readonly worker: HostWorker;
  readonly kind: string;
  idleTimer: Timer | undefined;
}

/** The workers of one host. */
export class HostWorkers {
  readonly #backend: HostBackend;
  readonly #limit: number;
  readonly #permissions: Scope | undefined;
  readonly #entries = new Set<Entry>();
  #nextId = 1;
  #lastStart: Promise<void> = Promise.resolve();
  #onEmpty: (() => void) | undefined;
  readonly #ended: PromiseWithResolvers<void> = Promise.withResolvers();

  /**
   * @param limit Maximum number of calls at a time; so many idle workers are kept.
   * @param permissions What calls may do at most; `undefined` for what this process may do.
   */
  constructor(backend: HostBackend, limit: number, permissions: Scope | undefined) {
    this.#backend = backend;
    this.#limit = limit;
    this.#permissions = permissions;
  }

  /**
   * Takes a worker for a call. Give it back with {@linkcode release}.
   *
   * Each start blocks the event loop, for half a second on a busy machine. So the loop turns between two of them, or the host
   * could not renew the locks of its calls and would count as lost. A timer lets it read and write; `setImmediate` does not.
   *
   * @throws {PermissionScopeError} If the pool asks for more than this host may do.
   */
  async acquire(given: JobRequest): Promise<HostWorker> {
    const permissions = callPermissions(this.#permissions, given.spec.permissions);
    const request = { ...given, spec: { ...given.spec, permissions } };
    const kind = this.#kindOf(request);
    const idle = this.#takeIdle(kind);
    if (idle) return idle;
    await (this.#lastStart = this.#lastStart.then(() => new Promise((resolve) => setTimeout(resolve, 0))));
    return this.#takeIdle(kind) ?? this.#start(request, kind);
  }

  #takeIdle(kind: string): HostWorker | undefined {
    for (const entry of this.#entries) {
      if (entry.kind !== kind || !entry.worker.isIdle || entry.idleTimer === undefined) continue;
      clearTimeout(entry.idleTimer);
      entry.idleTimer = undefined;
      return entry.worker;
    }
  }

  #start(request: JobRequest, kind: string): HostWorker {
    if (this.#entries.size >= this.#limit) this.#closeIdle();
    const worker = new HostWorker(this.#launch(request), this.#nextId++, request.spec.timeout, () => {
      this.#entries.delete(entry);
      clearTimeout(entry.idleTimer);
      if (this.#entries.size === 0) this.#onEmpty?.();
    });
    const entry: Entry = { worker, kind, idleTimer: undefined };
    this.#entries.add(entry);
    return worker;
  }

  /** Gives a worker back, unless it has ended. */
  release(worker: HostWorker): void {
    for (const entry of this.#entries) {
      if (entry.worker === worker) entry.idleTimer = setTimeout(() => close(entry), IDLE_LIMIT);
    }
  }

  /** Ends all workers; resolves when they have ended. */
  async close(): Promise<void> {
    this.#ended.resolve();
    if (this.#entries.size === 0) return;
    const isEmpty = Promise.withResolvers<void>();
    this.#onEmpty = isEmpty.resolve;
    for (const { worker, idleTimer } of this.#entries) {
      clearTimeout(idleTimer);
      worker.close();
    }
    await isEmpty.promise;
  }

  #closeIdle(): void {
    for (const entry of this.#entries) {
      if (entry.idleTimer !== undefined) return close(entry);
    }
  }

  // A worker with a scope can load the modules that it was started for, and no others.
  #kindOf({ spec, source }: JobRequest): string {
    return `${pack(spec)} ${spec.permissions && "url" in source ? source.url : ""}`;
  }

  #launch({ spec, source }: JobRequest): Launch {
    const { permissions, memoryLimit } = spec;
    const backend = permissions && this.#backend === "worker" ? SCOPED : BACKENDS[this.#backend];
    if (memoryLimit !== undefined && !backend.capabilities.memoryLimit) {
      throw new ClusterError(
        'This host runs tasks on threads, where `memoryLimit` and `permissions` do not go together: start it with backend "process"',
      );
    }
    const setup: Setup = {
      ...spec,
      workers: this.#limit,
      concurrency: 1,
      recycleAt: undefined,
      cwd: undefined,
      command: undefined,
      hosts: undefined,
      modules: () => "url" in source ? [source.url] : [],
    };
    return backend.launch(setup, { resize() {}, ended: this.#ended.promise });
  }
}

/** Closes an idle worker. It takes no more calls. */
function close(entry: Entry): void {
  clearTimeout(entry.idleTimer);
  entry.idleTimer = undefined;
  entry.worker.close();
}
