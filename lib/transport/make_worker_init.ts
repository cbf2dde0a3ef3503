/**
 * Makes the settings of a worker (protocol/worker_init.ts) that do not depend on the kind of worker.
 *
 * @module
 */
import { isolateState, type TerminalClient } from "../core/isolate_state.ts";
import type { HookMessage, ProcessInit, WorkerInit, WorkerSettings } from "../protocol/worker_init.ts";
import { OwnerTable } from "../shared/owner_table.ts";
import type { Hook, Setup } from "./transport.ts";

/** Time limit, in milliseconds, of a finalizer of a pool without `timeout`. */
export const FINALIZER_LIMIT = 10_000;
/** Milliseconds that a worker without a finalizer has to end itself when its pool closes. */
const CLOSE_TIMEOUT = 1_000;

/** Makes the settings of a worker thread or a scoped worker, without its port and the memory that it shares with its host. */
export function makeWorkerInit(
  workerId: number,
  owner: number,
  setup: Setup,
  terminal: TerminalClient,
): Omit<WorkerInit, "callTable" | "doorbell" | "killGuard" | "port"> {
  return { ...settings(workerId, setup), owner: { memory: OwnerTable.local().memory, id: owner }, terminal };
}

/**
 * Makes the settings of a worker process.
 *
 * @param mark The line by which the host recognizes what was printed before a message.
 * @param exportArgs Puts references in place of the shared objects in the arguments of a hook.
 */
export function processInit(
  workerId: number,
  setup: Setup,
  mark: string,
  exportArgs: (args: readonly unknown[], handles: boolean) => readonly unknown[],
): ProcessInit {
  const own = settings(workerId, setup);
  const hook = (given: HookMessage | undefined) => given && { ...given, args: exportArgs(given.args, given.handles) };
  const hooks = { initializer: hook(own.initializer), finalizer: hook(own.finalizer) };
  return { ...own, ...hooks, mark, env: { ...setup.env } };
}

function settings(workerId: number, setup: Setup): WorkerSettings {
  const hook = (given: Hook | undefined) => given && { source: given.source, args: given.args, handles: given.handles };
  return {
    workerId,
    depth: isolateState.depth + 1,
    threads: isolateState.threads * setup.workers,
    initializer: hook(setup.initializer),
    finalizer: hook(setup.finalizer),
    hooksHaveLimit: setup.timeout !== undefined,
    concurrency: setup.concurrency,
    memoryLimit: setup.memoryLimit,
    recycleAt: setup.recycleAt,
  };
}

/** Returns how many milliseconds a worker has to end itself when its pool closes, its finalizer included. */
export function closeTimeout({ finalizer, timeout }: Setup): number {
  return finalizer ? timeout ?? FINALIZER_LIMIT : CLOSE_TIMEOUT;
}
