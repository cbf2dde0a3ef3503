/**
 * Shows the item of a call in a few words, for people.
 *
 * @module
 */
import { shorten, shortenAll } from "../core/shorten.ts";
import { decodeItems } from "../protocol/snapshot.ts";

/** Shows the argument of a call, or with `spread` its argument list, in at most `max` characters. */
export function itemText(item: unknown, spread: boolean, max?: number): string {
  try {
    const [decoded] = decodeItems([item], spread);
    return spread ? shortenAll(decoded as unknown[], max) : shorten(decoded, max);
  } catch {
    return "?"; // a list that is a proxy, on this thread
  }
}
