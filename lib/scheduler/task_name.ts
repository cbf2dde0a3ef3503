/**
 * Names a task in a message.
 *
 * @module
 */
import type { TaskEntry } from "./job.ts";

/** Number of characters of an inline task in a message. */
const MAX_TEXT = 60;

/** Names a task: `` task `isPrime` in primes.ts ``, `` task `(n) => n * 2` `` if inline, `` task `retry` `` if a closure. */
export function describeTask({ source, localFunction }: Pick<TaskEntry, "source" | "localFunction">): string {
  if ("url" in source) return `task \`${source.name}\` in ${source.url.slice(source.url.lastIndexOf("/") + 1)}`;
  if (source.source !== "") return `task \`${source.source.replaceAll(/\s+/g, " ").slice(0, MAX_TEXT)}\``;
  return localFunction?.name ? `task \`${localFunction.name}\`` : "task";
}

/** Does as {@linkcode describeTask}, for the start of a sentence. */
export function taskAtStart(task: Pick<TaskEntry, "source" | "localFunction">): string {
  return `T${describeTask(task).slice(1)}`;
}
