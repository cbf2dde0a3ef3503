/**
 * Describes calls for people, in a few words.
 *
 * @module
 */
import { shorten } from "../core/shorten.ts";

/** Maximum number of characters of an argument or an error. */
export const MAX_TEXT = 80;

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
