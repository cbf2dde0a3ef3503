/**
 * Option checks, in one message style: what was called, which option, what it got, what it takes.
 *
 * @module
 */

/** Shows a value in a message: short, and never by running its code. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? value.slice(0, 40) + "…" : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol") return "a symbol";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return String(value);
}

/** Checks that an option is an integer of at least `least`. */
export function integer(call: string, option: string, value: unknown, least: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < least) {
    throw bad(call, option, value, `an integer of at least ${least}`, typeof value === "number");
  }
  return value;
}

/** Longest delay that a timer takes, in milliseconds; a longer one would fire at once. */
export const MAX_DELAY = 2 ** 31 - 1;

/** Checks that an option is a duration in milliseconds; `undefined` stays. */
export function duration(call: string, option: string, value: unknown): number | undefined {
  if (value === undefined || value === Infinity) return undefined;
  if (typeof value !== "number" || !(value >= 0) || value > MAX_DELAY) {
    throw bad(call, option, value, `milliseconds from 0 to ${MAX_DELAY}, or Infinity`, typeof value === "number");
  }
  return value;
}

/** Checks that an option is one of a few words. */
export function oneOf<T extends string>(call: string, option: string, value: unknown, words: readonly T[]): T {
  if (!words.includes(value as T)) {
    throw bad(call, option, value, words.map((word) => `"${word}"`).join(" | "), typeof value === "string");
  }
  return value as T;
}

/** Checks that an option is an `AbortSignal`; `undefined` stays. */
export function abortSignal(call: string, option: string, value: unknown): AbortSignal | undefined {
  if (value !== undefined && !(value instanceof AbortSignal)) {
    throw bad(call, option, value, "an AbortSignal", false);
  }
  return value;
}

/** Checks that an option is a function; `undefined` stays. */
export function callback(call: string, option: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") throw bad(call, option, value, "a function", false);
}

/** Refuses option names that do not exist: a misspelt `timout` must not mean "no timeout". */
export function knownOptions(call: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null) throw bad(call, "options", options, "an object", false);
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw new TypeError(`Cannot ${call}: unknown option \`${key}\`: the options are ${known.join(", ")}`);
    }
  }
}

/** The one error for a bad option. */
export function bad(call: string, option: string, value: unknown, takes: string, range: boolean): Error {
  const message = `Cannot ${call}: \`${option}\` is ${show(value)}: it takes ${takes}`;
  return range ? new RangeError(message) : new TypeError(message);
}
