/**
 * URLs of sent modules: where they are at the submitter, and where they are in the folder of a host. Errors name the former.
 *
 * @module
 */
import type { ErrorRecord, Thrown } from "../protocol/thrown.ts";
import type { Hook } from "../transport/transport.ts";
import type { Source } from "../protocol/messages.ts";
import { CallFailure } from "./call_failure.ts";
import type { JobTask } from "./wire.ts";

/** Returns a task whose local modules are in a folder of this host. Both URLs end with a slash. */
export function atHost(task: JobTask, base: string, folder: string): JobTask {
  const placed = (source: Source): Source =>
    "url" in source && source.url.startsWith(base)
      ? { ...source, url: folder + source.url.slice(base.length) }
      : source;
  const placedHook = (hook: Hook | undefined) => hook && { ...hook, source: placed(hook.source) };
  const { initializer, finalizer } = task.spec;
  const spec = { ...task.spec, initializer: placedHook(initializer), finalizer: placedHook(finalizer) };
  return { ...task, source: placed(task.source), spec };
}

/** Returns the failure of a call with the URLs of the submitter in its errors, their stacks included. */
export function withSubmitterUrls(error: unknown, folder: string, base: string): unknown {
  if (!(error instanceof CallFailure)) return error;
  const text = (value: string) => value.replaceAll(folder, base);
  const thrown = (value: Thrown): Thrown => {
    if ("error" in value) return { error: record(value.error) };
    return typeof value.value === "string" ? { ...value, value: text(value.value) } : value;
  };
  const record = (given: ErrorRecord): ErrorRecord => ({
    ...given,
    message: text(given.message),
    stack: text(given.stack),
    fields: Object.fromEntries(Object.entries(given.fields).map(([name, value]) => [name, thrown(value)])),
    ...given.cause && { cause: thrown(given.cause) },
    ...given.errors && { errors: given.errors.map(thrown) },
  });
  const { failure } = error;
  const renamed = failure.kind === "thrown"
    ? { ...failure, thrown: thrown(failure.thrown) }
    : { ...failure, cause: thrown(failure.cause) };
  return new CallFailure(renamed, text(error.message));
}
