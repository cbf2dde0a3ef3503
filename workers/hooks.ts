/**
 * The functions that a worker runs before its first call and after its last.
 *
 * @module
 */
import { type CallHost, RunningCall } from "../lib/core/running_call.ts";
import { scope } from "../lib/core/isolate_state.ts";
import { reviveValue } from "../lib/protocol/value_messages.ts";
import { encodeThrown } from "../lib/protocol/error_record.ts";
import { type Importer, loadTask, type TaskFunction } from "../lib/protocol/load_task.ts";
import type { Source } from "../lib/protocol/messages.ts";
import type { HookMessage } from "../lib/protocol/worker_init.ts";
import type { HostLink } from "./host_link.ts";

/** Loads a task's function, telling the isolate which module is being evaluated. */
export async function load(source: Source, importer: Importer): Promise<TaskFunction> {
  if (!("url" in source)) return await loadTask(source, importer);
  const { url } = source;
  scope.loading = url;
  return await loadTask(source, importer).finally(() => {
    if (scope.loading === url) scope.loading = undefined;
  });
}

/** Runs a hook; its failure is told to the host. Tells whether it succeeded. */
export async function runHook(
  phase: "initializer" | "finalizer",
  hook: HookMessage,
  link: HostLink,
  host: CallHost,
  enter: (task: RunningCall, run: () => unknown) => unknown,
): Promise<boolean> {
  try {
    if (hook.handles) await link.loadSharedTypes();
    const args = reviveValue(hook.args, hook.handles) as unknown[];
    const fn = await load(hook.source, link.load);
    await enter(new RunningCall(host, -1, 1), () => fn(...args));
    return true;
  } catch (error) {
    link.post({ kind: "failed", phase, thrown: encodeThrown(error) });
    return false;
  }
}
