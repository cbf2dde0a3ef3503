/**
 * Runs the hooks of a worker: the initializer before its first call, the finalizer after its last.
 *
 * @module
 */
import { RunningCall } from "../lib/core/running_call.ts";
import { encodeThrown } from "../lib/protocol/error_record.ts";
import { thrownMessage } from "../lib/protocol/value_messages.ts";
import type { HookMessage } from "../lib/protocol/worker_init.ts";
import { decode } from "../lib/shared/revive.ts";
import type { CallRunner } from "./call_runner.ts";
import type { HostLink } from "./host_link.ts";
import { loadFunction } from "./task_registry.ts";

/** Runs a hook, and posts its failure to the host. Returns whether it succeeded. */
export async function runHook(
  phase: "initializer" | "finalizer",
  hook: HookMessage,
  host: HostLink,
  runner: CallRunner,
): Promise<boolean> {
  try {
    if (hook.handles) await host.loadSharedTypes();
    const args = decode({ value: hook.args, handles: hook.handles }) as unknown[];
    const fn = await loadFunction(hook.source, host.load);
    // A hook has no number among the worker's calls: -1. It runs once: attempt 1.
    await runner.enter(new RunningCall(runner, -1, 1), () => fn(...args));
    return true;
  } catch (error) {
    host.post(thrownMessage({ kind: "failed", phase }, encodeThrown(error)));
    return false;
  }
}
