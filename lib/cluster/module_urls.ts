/**
 * URLs of sent modules: where they are at the submitter, and where they are in the folder of a host. Errors name the former.
 *
 * @module
 */
import { ClusterError } from "../core/errors.ts";
import { URL } from "../core/platform.ts";
import type { ErrorRecord, Thrown } from "../protocol/thrown.ts";
import type { Hook } from "../transport/transport.ts";
import type { Source } from "../protocol/messages.ts";
import { CallFailure } from "./call_failure.ts";
import type { JobTask } from "./wire.ts";

/**
 * Returns a task with its URLs as `import()` reads them: one with `..` in its path may only look like one that is allowed.
 *
 * @throws {ClusterError} If a URL is none, or names a file by a path with an encoded slash, behind which `..` can hide.
 */
export function asImported(task: JobTask): JobTask {
  return withSources(task, (source) => "url" in source ? { ...source, url: importedUrl(source.url) } : source);
}

const ENCODED_SLASH = /%2f|%5c/i;

function importedUrl(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url && !(url.protocol === "file:" && ENCODED_SLASH.test(url.pathname))) return url.href;
  throw new ClusterError(`This host does not run the module ${given}: that is no URL, or one with an encoded slash`);
}

/**
 * Checks what the URLs of sent modules begin with: the rest of such a URL is a path in the folder of the host.
 *
 * @throws {ClusterError} If it is no folder, so that the rest could lead out of that folder.
 */
export function checkBase(base: string): void {
  if (base.startsWith("file:") && base.endsWith("/") && importedUrl(base) === base) return;
  throw new ClusterError(`This host does not run modules that were sent from ${base}: that is no folder`);
}

/** Returns a task whose local modules are in a folder of this host. Both URLs end with a slash. */
export function atHost(task: JobTask, base: string, folder: string): JobTask {
  const placed = (source: Source): Source =>
    "url" in source && source.url.startsWith(base)
      ? { ...source, url: folder + source.url.slice(base.length) }
      : source;
  return withSources(task, placed);
}

function withSources(task: JobTask, change: (source: Source) => Source): JobTask {
  const changed = (hook: Hook | undefined) => hook && { ...hook, source: change(hook.source) };
  const { initializer, finalizer } = task.spec;
  const spec = { ...task.spec, initializer: changed(initializer), finalizer: changed(finalizer) };
  return { ...task, source: change(task.source), spec };
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
