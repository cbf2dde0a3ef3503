/**
 * `describeTask()`: names a task in a message.
 *
 * @module
 */
import type { TaskEntry } from "./job.ts";

/** Number of characters of an inline task in a message. */
const MAX_TEXT = 60;

/** Names a task: `` `isPrime` in primes.ts ``, `` closure `retry` ``, `` inline task `(n) => n * 2` ``. */
export function describeTask({ source, localFunction }: Pick<TaskEntry, "source" | "localFunction">): string {
  if ("url" in source) return `\`${source.name}\` in ${source.url.slice(source.url.lastIndexOf("/") + 1)}`;
  if (source.source !== "") return `inline task \`${source.source.replaceAll(/\s+/g, " ").slice(0, MAX_TEXT)}\``;
  return localFunction?.name ? `closure \`${localFunction.name}\`` : "a closure";
}
