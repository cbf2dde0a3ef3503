/**
 * Describes calls for people: the name of the task, the argument and the error in a few words.
 *
 * @module
 */
import { shorten, shortenAll } from "../core/shorten.ts";
import { decodeItems } from "../protocol/snapshot.ts";
import type { Job } from "../scheduler/job.ts";

/** Maximum number of characters of an argument or an error. */
const MAX_TEXT = 80;
/** Maximum number of characters of an inline task. */
const MAX_NAME = 40;

/** Names the task of a job: the name of an export or a function, else the beginning of an inline task's text. */
export function taskName({ task: { source, localFunction } }: Job): string {
  if ("name" in source) return source.name;
  if (source.source === "") return localFunction?.name || "(anonymous)";
  const [, name] = /^(?:async\s+)?function\s*\*?\s*([\p{ID_Start}$_][\p{ID_Continue}$]*)/u.exec(source.source) ?? [];
  return name ?? source.source.slice(0, 3 * MAX_NAME).replaceAll(/\s+/g, " ").slice(0, MAX_NAME);
}

/** Shortens the argument of a call, or its argument list. */
export function itemText({ spread }: Job, item: unknown): string {
  try {
    const [decoded] = decodeItems([item], spread);
    return spread ? shortenAll(decoded as unknown[], MAX_TEXT) : shorten(decoded, MAX_TEXT);
  } catch {
    return "?"; // a value that cannot be read any more, because it was moved
  }
}

/** Shortens an error to its name and message. */
export function errorText(error: unknown): string {
  try {
    if (error instanceof Error) return shortenLine(`${error.name}: ${error.message}`);
    return shorten(error, MAX_TEXT);
  } catch {
    return "an error that cannot be read";
  }
}

function shortenLine(text: string): string {
  const [line] = text.split("\n", 1);
  return line.length > 2 * MAX_TEXT ? `${line.slice(0, 2 * MAX_TEXT - 1)}…` : line;
}
