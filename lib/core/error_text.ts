/**
 * Shortens an error to one line, for messages that name the reason and for pages that show calls.
 *
 * @module
 */
import { shorten } from "./shorten.ts";

/** Maximum number of characters of an argument or an error. */
export const MAX_TEXT = 80;

/**
 * Shortens an error to its name and message, the first line of it.
 *
 * @param max Maximum number of characters.
 */
export function errorText(error: unknown, max: number = 2 * MAX_TEXT): string {
  try {
    if (error instanceof Error) return shortenLine(`${error.name}: ${error.message}`, max);
    return shorten(error, MAX_TEXT);
  } catch {
    return "an error that cannot be read";
  }
}

function shortenLine(text: string, max: number): string {
  const [line] = text.split("\n", 1);
  return line.length > max ? `${line.slice(0, max - 1)}…` : line;
}
