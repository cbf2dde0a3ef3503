/**
 * What every worker is told about its pool, whatever it runs in.
 *
 * @module
 */
import { scope, type TerminalClient } from "../core/isolate_state.ts";
import { OwnerTable } from "../shared/owner_table.ts";
import type { WorkerInit } from "../protocol/messages.ts";
import { FINALIZER_LIMIT, type Hook, type Setup } from "./transport.ts";

/** The part of an introduction that does not depend on the kind of worker. */
export function workerInit(
  workerId: number,
  owner: number,
  setup: Setup,
  screen: TerminalClient,
): Omit<WorkerInit, "callTable" | "doorbell" | "killGuard" | "port"> {
  const hook = (given: Hook | undefined) => given && { source: given.source, args: given.args, handles: given.handles };
  return {
    workerId,
    owner: { memory: OwnerTable.local().memory, id: owner },
    depth: scope.depth + 1,
    threads: scope.threads * setup.workers,
    initializer: hook(setup.initializer),
    finalizer: hook(setup.finalizer),
    limited: setup.timeout !== undefined,
    concurrency: setup.concurrency,
    memoryLimit: setup.memoryLimit,
    terminal: screen,
  };
}

/** How long a worker without a finalizer gets to end itself where nobody is in a hurry, in milliseconds. */
const CLOSE = 1_000;
/** How long a worker gets to end itself where nobody is in a hurry. */
export function closeTimeout({ finalizer, timeout }: Setup): number {
  return finalizer ? timeout ?? FINALIZER_LIMIT : CLOSE;
}
