/**
 * The hooks of a pool, `initializer` and `finalizer`, checked.
 *
 * @module
 */
import { BrokenPoolError } from "../core/errors.ts";
import { Promise } from "../core/platform.ts";
import { badOption, isArray, refusal, show } from "../core/validate.ts";
import { searchFrame } from "../protocol/frame_input.ts";
import { clone, type Snapshot } from "../protocol/snapshot.ts";
import { transferError } from "../protocol/transfer_error.ts";
import { isTask } from "../task/task.ts";
import type { Hook } from "../transport/transport.ts";
import type { Capabilities } from "./backends.ts";
import type { PoolOptions } from "./options.ts";

/** Checks a hook and its arguments, which it copies. */
export function hook(
  action: string,
  option: string,
  task: unknown,
  args: unknown,
  capabilities: Capabilities,
): Hook | undefined {
  if (!isArray(args)) throw badOption(action, "initArgs", args, "an array of arguments", false);
  if (task === undefined) {
    if (args.length === 0) return undefined;
    throw refusal(
      `Cannot ${action}: \`initArgs\` is ${
        show(args)
      } without an \`initializer\` that takes them: give one, or leave it out`,
    );
  }
  const { isolated, sharedMemory } = capabilities;
  const { args: copied, handles } = isolated ? copyOf(args) : { args, handles: false };
  if (!sharedMemory) checkReach(copied);
  if (isTask(task)) {
    // A function that cannot run in another isolate fails in the first worker that loads it.
    return { source: task.source, localFunction: isolated ? undefined : task.local, args: copied, handles };
  }
  if (typeof task === "function" && !isolated) {
    return { source: { source: "" }, localFunction: task as () => unknown, args: copied, handles };
  }
  throw badOption(action, option, task, "a task: tasks(url).name, task(import.meta, fn) or inline(fn)", false);
}

/**
 * Rejects with a BrokenPoolError if the source of an inlined hook is not self-contained. The parser that checks it is loaded
 * in the background, so the pool breaks if it finds a fault.
 */
export function verifyHooks(action: string, { initializer, finalizer }: PoolOptions): Promise<unknown> {
  const verified = Promise.all([verify(action, "initializer", initializer), verify(action, "finalizer", finalizer)]);
  verified.catch(() => {}); // Options may be checked for a pool that is never made.
  return verified;
}

async function verify(action: string, option: string, task: unknown): Promise<void> {
  try {
    if (isTask(task)) await task.verified;
  } catch (error) {
    const cause = new TypeError(`Cannot ${action}: \`${option}\`: ${(error as Error).message}`, { cause: error });
    throw new BrokenPoolError(`Pool is broken: ${cause.message}`, { cause });
  }
}

function copyOf(args: unknown[]): Snapshot {
  try {
    return clone(args, []);
  } catch (error) {
    throw transferError(args, "initArgs", "argument", (error as Error).cause);
  }
}

// What is memory of this process is an error of the construction, not of the first worker.
function checkReach(args: unknown[]): void {
  try {
    searchFrame(args);
  } catch (cause) {
    throw transferError(args, "initArgs", "argument", cause);
  }
}
