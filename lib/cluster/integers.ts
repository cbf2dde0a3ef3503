/**
 * The integers of a {@linkcode ClusterValue}, as text for Redis: safe integers, or bigints of 64 bits.
 *
 * @module
 */
import { badOption } from "../core/validate.ts";

const MAX_64 = 2n ** 63n - 1n;

/** Checks an integer, and returns its text. */
export function integerText(call: string, option: string, value: unknown, isBig: boolean): string {
  if (isBig) {
    if (typeof value === "bigint" && value <= MAX_64 && value >= -MAX_64 - 1n) return `${value}`;
    throw badOption(call, option, value, "a bigint of 64 bits", typeof value === "bigint");
  }
  if (Number.isSafeInteger(value)) return `${value}`;
  throw badOption(call, option, value, "a safe integer", typeof value === "number");
}

/** Reads an integer. */
export function integerOf<T extends number | bigint>(call: string, text: string, isBig: boolean): T {
  const value = isBig ? BigInt(text) : Number(text);
  if (isBig || Number.isSafeInteger(value)) return value as T;
  throw new RangeError(
    `Cannot ${call}: the value is ${text}, which is no safe integer: open it with value(name, "i64")`,
  );
}

/** The error for a result out of range. */
export function outOfRange(call: string, text: string, isBig: boolean): RangeError {
  const range = isBig ? "64 bits" : 'safe integers: open it with value(name, "i64") for 64 bits';
  return new RangeError(`Cannot ${call}: the value is ${text}, and the result would be out of the range of ${range}`);
}
