/**
 * How many columns of a terminal a text takes: a bar that is one column too long wraps to the next line and stays there.
 *
 * @module
 */

/** Characters of two columns: those of East Asia, and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\ufe0f/u;

/** Characters that would break a line, or change its order. U+200D is not one of them here: it joins emoji. */
const CONTROL = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]|(?!\u200d)\p{Cf}/u;
const CONTROLS = new RegExp(CONTROL, "gu");

let segmenter: Intl.Segmenter | undefined;

/** Returns the number of columns of a text without control characters. Terminals differ for rare scripts. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const character of characters(text)) columns += WIDE.test(character) ? 2 : 1;
  return columns;
}

/** Returns the longest beginning of a text that takes at most `max` columns. */
export function cutToColumns(text: string, max: number): string {
  let columns = 0;
  let cut = "";
  for (const character of characters(text)) {
    columns += columnsOf(character);
    if (columns > max) break;
    cut += character;
  }
  return cut;
}

/** Whether a text has characters that would break a line. */
export function hasControl(text: string): boolean {
  return CONTROL.test(text);
}

/** Replaces the characters of a text that would break a line. */
export function printable(text: string): string {
  return text.replaceAll(CONTROLS, "?");
}

function characters(text: string): Iterable<string> {
  // deno-lint-ignore no-control-regex -- ASCII, where each unit is a character
  if (/^[\x00-\x7f]*$/.test(text)) return text;
  segmenter ??= new Intl.Segmenter();
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}
