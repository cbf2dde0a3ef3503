/**
 * Spells numbers in English words: a source of any amount of text whose content is known.
 *
 * @module
 */
const SMALL =
  ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen " +
    "seventeen eighteen nineteen").split(" ");
const TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split(" ");

/** Spells a number from 0 to 999,999: `inWords(1042)` is "one thousand forty-two". */
export function inWords(n: number): string {
  if (n >= 1000) return join(`${inWords(Math.floor(n / 1000))} thousand`, " ", n % 1000);
  if (n >= 100) return join(`${SMALL[Math.floor(n / 100)]} hundred`, " ", n % 100);
  if (n >= 20) return join(TENS[Math.floor(n / 10)], "-", n % 10);
  return SMALL[n];
}

function join(head: string, by: string, rest: number): string {
  return rest === 0 ? head : head + by + inWords(rest);
}
