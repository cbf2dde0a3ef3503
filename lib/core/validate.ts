/**
 * Option checks, with one style of message: the call, the option, the value, and what the option takes.
 *
 * @module
 */
import { nearest } from "./nearest.ts";
import { AbortSignal, JSON } from "./platform.ts";
import { startAtCaller } from "./stack.ts";

/** Formats a value for a message: short, and without running the value's own code (no `toString`). */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? value.slice(0, 40) + "…" : value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol") return "a symbol";
  if (typeof value === "object" && value !== null) return isArray(value) ? "an array" : "an object";
  return String(value);
}

/** Whether a value is an array; `false` for a revoked proxy, for which `Array.isArray` throws. */
// deno-lint-ignore no-explicit-any -- as `Array.isArray` has it
export function isArray(value: unknown): value is any[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** Whether a value is an instance of a class; `false` for a revoked proxy, for which `instanceof` throws. */
export function isA<T>(value: unknown, type: abstract new (...args: never[]) => T): value is T {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/** Whether a value can be options: an object, but not a Date, Map, Promise, array, signal or revoked proxy. */
export function isOptions(value: unknown): value is object {
  try {
    return typeof value === "object" && value !== null && Object.prototype.toString.call(value) === "[object Object]";
  } catch {
    return false;
  }
}

// Whether an object without fields of its own is `{}` or inherits options; not an instance of a class, such as a URL.
function isPlain(options: object): boolean {
  for (const _ in options) return true;
  const prototype = Object.getPrototypeOf(options);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Checks that an option is an integer of at least `min`. */
export function integer(call: string, option: string, value: unknown, min: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < min) {
    throw badOption(call, option, value, `an integer of at least ${min}`, typeof value === "number");
  }
  return value;
}

/** Checks that an option is an integer of at least `min`, or `Infinity` for no limit. */
export function count(call: string, option: string, value: unknown, min: number): number {
  if (value === Infinity || (typeof value === "number" && Number.isInteger(value) && value >= min)) return value;
  throw badOption(call, option, value, `an integer of at least ${min}, or Infinity`, typeof value === "number");
}

/** Longest delay of a timer, in milliseconds; `setTimeout` fires a longer one at once. */
export const MAX_DELAY = 2 ** 31 - 1;

/** Checks that an option is a duration in milliseconds; `undefined` is valid. */
export function duration(call: string, option: string, value: unknown): number | undefined {
  if (value === undefined || value === Infinity) return undefined;
  if (typeof value !== "number" || !(value >= 0) || value > MAX_DELAY) {
    throw badOption(call, option, value, `milliseconds from 0 to ${MAX_DELAY}, or Infinity`, typeof value === "number");
  }
  return value;
}

/** A time limit that is a multiple of what the calls of the task usually take: `"5x median"`. */
export type MedianLimit = `${number}x median`;

/**
 * Checks that an option is a duration, or a multiple of the median such as `"5x median"`, whose factor is returned;
 * `undefined` is valid.
 */
export function timeLimit(
  call: string,
  option: string,
  value: unknown,
): { ms: number | undefined; factor: number | undefined } {
  if (typeof value !== "string") return { ms: duration(call, option, value), factor: undefined };
  const factor = Number(/^(\d+(?:\.\d+)?)x median$/.exec(value)?.[1]);
  if (factor > 1) return { ms: undefined, factor };
  const takes = `milliseconds from 0 to ${MAX_DELAY}, Infinity, or a factor above 1 such as "5x median"`;
  throw badOption(call, option, value, takes, false);
}

/** Checks that an option is one of a few strings. */
export function oneOf<T extends string>(call: string, option: string, value: unknown, allowed: readonly T[]): T {
  if (!allowed.includes(value as T)) {
    throw badOption(call, option, value, allowed.map((each) => `"${each}"`).join(" | "), typeof value === "string");
  }
  return value as T;
}

/** Checks that an option is an `AbortSignal`; `undefined` is valid. */
export function abortSignal(call: string, option: string, value: unknown): AbortSignal | undefined {
  if (value !== undefined && !isA(value, AbortSignal)) {
    throw badOption(call, option, value, "an AbortSignal", false);
  }
  return value;
}

/** Checks that an option is true or false; `undefined` gives `byDefault`. */
export function boolean(call: string, option: string, value: unknown, byDefault: boolean): boolean {
  if (value === undefined) return byDefault;
  if (typeof value !== "boolean") throw badOption(call, option, value, "true or false", false);
  return value;
}

/** Checks that an option is a function; `undefined` is valid. */
export function callback(call: string, option: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") throw badOption(call, option, value, "a function", false);
}

/** Throws for an unknown option name: a misspelt `timout` must not mean "no timeout". */
export function knownOptions(call: string, options: unknown, known: readonly string[]): void {
  if (options === undefined) return;
  if (!isOptions(options)) {
    const isOther = typeof options === "object" && options !== null;
    throw badOption(call, "options", options, isOther ? "a plain object" : "an object", false);
  }
  // An iterable has a symbol, and is no options.
  const keys = [...Object.keys(options), ...Object.getOwnPropertySymbols(options).map(String)];
  if (keys.length === 0 && !isPlain(options)) {
    throw badOption(call, "options", options, "an object with options", false);
  }
  for (const key of keys) {
    if (!known.includes(key)) {
      const near = nearest(key, known);
      const hint = near === undefined ? "the" : `did you mean \`${near}\`? The`;
      throw refusal(`Cannot ${call}: unknown option \`${key}\`: ${hint} options are ${known.join(", ")}`);
    }
  }
}

/**
 * The same for options that must be given.
 *
 * @param or What may be given in their place, with an "or " behind it.
 */
export function requiredOptions(call: string, options: unknown, known: readonly string[], or = ""): void {
  if (options === undefined) throw badOption(call, "options", options, `${or}an object of ${known.join(", ")}`, false);
  knownOptions(call, options, known);
}

/** Creates the error for a bad option: a RangeError if `range` (right type, wrong value), else a TypeError. */
export function badOption(call: string, option: string, value: unknown, takes: string, range: boolean): Error {
  const message = `Cannot ${call}: \`${option}\` is ${show(value)}: it takes ${takes}`;
  return refusal(message, range ? RangeError : TypeError);
}

/** Creates the error for a call that is refused. Its stack begins at the caller's line. */
export function refusal(message: string, type: new (message: string) => Error = TypeError): Error {
  return startAtCaller(new type(message));
}
