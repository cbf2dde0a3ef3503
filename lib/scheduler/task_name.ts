/**
 * Names a task for people.
 *
 * @module
 */
import type { TaskEntry } from "./job.ts";

/** Number of characters of an inline task in a message. */
const MAX_TEXT = 60;
/** Number of characters of an inline task that has no name. */
const MAX_NAME = 40;

/** The name of a task: that of its export or function, else the beginning of an inline task's text. */
export function taskName({ source, localFunction }: Pick<TaskEntry, "source" | "localFunction">): string {
  if ("name" in source) return source.name;
  if (source.source === "") return localFunction?.name || "(anonymous)";
  const [, name] = /^(?:async\s+)?function\s*\*?\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)/u.exec(source.source) ?? [];
  return name ?? source.source.slice(0, 3 * MAX_NAME).replaceAll(/\s+/g, " ").slice(0, MAX_NAME);
}

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
