/**
 * `HostWorkers`: the workers of one worker host. A call takes an idle worker that was started for the same options, else a
 * new one. A worker that is idle for {@linkcode IDLE_LIMIT} ends.
 *
 * @module
 */
import { performance, Promise } from "../core/platform.ts";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import { type BackendName, BACKENDS, SCOPED } from "../pool/backends.ts";
import type { Launch, Setup } from "../transport/transport.ts";
import { ClusterError } from "../core/errors.ts";
import type { Scope } from "../pool/permissions.ts";
import { callPermissions } from "./host_permissions.ts";
import type { HostTask } from "./host_tasks.ts";
import { HostWorker } from "./host_worker.ts";
import { pack } from "./pack.ts";
import type { WorkerSpec } from "./wire.ts";

/** Milliseconds after which an idle worker ends. */
const IDLE_LIMIT = 30_000;

/** What workers of a host run on. */
export type HostBackend = Exclude<BackendName, "async" | "cluster">;

interface Entry {
  /** The name of its kind. */
  readonly kind: string;
  /** Since when it can take a call, by `performance.now()`. */
  idleSince: number | undefined;
}

/** Workers that can run the same calls. */
interface Kind {
  readonly name: string;
  /** The options of the pool, with the permissions that its calls have here. */
  readonly spec: WorkerSpec;
}

/** The workers of one host. */
export class HostWorkers {
  readonly #backend: HostBackend;
  readonly #limit: number;
  readonly #permissions: Scope | undefined;
  readonly #entries = new Map<HostWorker, Entry>();
  readonly #kinds = new WeakMap<HostTask, Kind>();
  #nextId = 1;
  // Set while a worker may be idle.
  #idleTimer: Timer | undefined;
  #lastStart: Promise<void> = Promise.resolve();
  #onEmpty: (() => void) | undefined;
  readonly #ended: PromiseWithResolvers<void> = Promise.withResolvers();

  /**
   * @param limit Maximum number of calls at a time, and of idle workers that are kept.
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
  async acquire(task: HostTask): Promise<HostWorker> {
    const kind = this.#kindOf(task);
    const idle = this.#takeIdle(kind);
    if (idle) return idle;
    await (this.#lastStart = this.#lastStart.then(() => new Promise((resolve) => setTimeout(resolve, 0))));
    return this.#takeIdle(kind) ?? this.#start(task, kind);
  }

  #takeIdle({ name }: Kind): HostWorker | undefined {
    for (const [worker, entry] of this.#entries) {
      if (entry.kind !== name || !worker.isIdle || entry.idleSince === undefined) continue;
      entry.idleSince = undefined;
      return worker;
    }
  }

  #start(task: HostTask, kind: Kind): HostWorker {
    if (this.#entries.size >= this.#limit) this.#closeIdle();
    const { spec } = kind;
    const worker = new HostWorker(this.#launch(task, spec), this.#nextId++, spec, () => {
      this.#entries.delete(worker);
      if (this.#entries.size === 0) this.#onEmpty?.();
    });
    this.#entries.set(worker, { kind: kind.name, idleSince: undefined });
    return worker;
  }

  /** Gives a worker back, unless it has ended. One that is worn out ends. */
  release(worker: HostWorker): void {
    const entry = this.#entries.get(worker);
    if (!entry) return;
    if (worker.isWornOut) return worker.close();
    entry.idleSince = performance.now();
    this.#idleTimer ??= setTimeout(() => this.#checkIdle(), IDLE_LIMIT);
  }

  /** Ends all workers; resolves when they have ended. */
  async close(): Promise<void> {
    this.#ended.resolve();
    // It may be set although the last worker has ended, and would keep the script alive.
    clearTimeout(this.#idleTimer);
    if (this.#entries.size === 0) return;
    const isEmpty = Promise.withResolvers<void>();
    this.#onEmpty = isEmpty.resolve;
    for (const worker of this.#entries.keys()) worker.close();
    await isEmpty.promise;
  }

  #closeIdle(): void {
    for (const [worker, entry] of this.#entries) {
      if (entry.idleSince !== undefined) return close(worker, entry);
    }
  }

  // Ends the workers that have been idle for too long, and checks again when the next one will have been.
  #checkIdle(): void {
    const now = performance.now();
    let next = Infinity;
    for (const [worker, entry] of this.#entries) {
      const { idleSince } = entry;
      if (idleSince === undefined) continue;
      if (idleSince + IDLE_LIMIT <= now) close(worker, entry);
      else next = Math.min(next, idleSince + IDLE_LIMIT);
    }
    this.#idleTimer = next < Infinity ? setTimeout(() => this.#checkIdle(), next - now) : undefined;
  }

  // A worker with a scope can load the modules that it was started for, and no others.
  #kindOf(task: HostTask): Kind {
    let kind = this.#kinds.get(task);
    if (!kind) {
      const permissions = callPermissions(this.#permissions, task.spec.permissions);
      const spec = { ...task.spec, permissions };
      const name = `${pack(spec)} ${permissions && "url" in task.source ? task.source.url : ""}`;
      this.#kinds.set(task, kind = { name, spec });
    }
    return kind;
  }

  #launch({ source }: HostTask, spec: WorkerSpec): Launch {
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
      cwd: undefined,
      command: undefined,
      hosts: undefined,
      modules: () => "url" in source ? [source.url] : [],
    };
    return backend.launch(setup, { resize() {}, ended: this.#ended.promise });
  }
}

/** Closes an idle worker. It takes no more calls. */
function close(worker: HostWorker, entry: Entry): void {
  entry.idleSince = undefined;
  worker.close();
}
