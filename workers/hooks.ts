/**
 * The functions that a worker runs before its first call and after its last.
 *
 * @module
 */
import { RunningTask, type TaskHost } from "../lib/core/running_task.ts";
import { scope } from "../lib/core/scope.ts";
import { unwrap } from "../lib/protocol/carry.ts";
import { encodeThrown } from "../lib/protocol/error_record.ts";
import { type Importer, loadTask, type TaskFunction } from "../lib/protocol/load_task.ts";
import type { HookMessage, Source } from "../lib/protocol/messages.ts";
import type { Link } from "./link.ts";

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
  link: Link,
  host: TaskHost,
  enter: (task: RunningTask, run: () => unknown) => unknown,
): Promise<boolean> {
  try {
    if (hook.handles) await link.kinds();
    const args = unwrap(hook.args, hook.handles) as unknown[];
    const fn = await load(hook.source, link.load);
    await enter(new RunningTask(host, -1, 1), () => fn(...args));
    return true;
  } catch (error) {
    link.post({ kind: "failed", phase, thrown: encodeThrown(error) });
    return false;
  }
}
