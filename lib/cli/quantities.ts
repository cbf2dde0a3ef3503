/**
 * Quantities as a command line has them: `5s`, `1M`, `50%`, `100/m`.
 *
 * @module
 */
import { JSON } from "../core/platform.ts";
import { UsageError } from "./usage_error.ts";

const MILLISECONDS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads a time, such as `500ms`, `5s`, `2m`; a bare number is seconds. Returns milliseconds. */
export function time(flag: string, text: string): number {
  const [, number, unit = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text) ?? [];
  if (number === undefined) throw bad(flag, text, "a time: 500ms, 5s, 2m, 1h");
  return Number(number) * MILLISECONDS[unit];
}

/** Reads a size, such as `64k`, `1M`, `2G`, in powers of 1,024. Returns bytes. */
export function size(flag: string, text: string): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)([kmgt]?)(?:i?b)?$/i.exec(text) ?? [];
  if (number === undefined) throw bad(flag, text, "a size: 64k, 1M, 2G");
  return Math.floor(Number(number) * 1024 ** " kmgt".indexOf(unit.toLowerCase() || " "));
}

/** Reads a whole number of at least `min`. */
export function integer(flag: string, text: string, min: number): number {
  if (!/^\d+$/.test(text) || Number(text) < min) throw bad(flag, text, `a whole number of at least ${min}`);
  return Number(text);
}

/** Reads a number, or a percentage of `whole`. */
export function share(flag: string, text: string, whole: number): number {
  const [, number, percent] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text) ?? [];
  if (number === undefined) throw bad(flag, text, "a number or a percentage: 4, 50%");
  return percent ? whole * Number(number) / 100 : Number(number);
}

/** Reads a rate, such as `10/s` or `100/5m`. */
export function rate(flag: string, text: string): { limit: number; interval: number } {
  const [, limit, interval] = /^(\d+)\/(\d*(?:\.\d+)?(?:ms|s|m|h|d))$/.exec(text) ?? [];
  if (limit === undefined) throw bad(flag, text, "a number for each time: 10/s, 100/m, 5/200ms");
  return { limit: integer(flag, limit, 1), interval: time(flag, /^\d/.test(interval) ? interval : `1${interval}`) };
}

/** Makes the error for a value that is not valid. */
export function bad(flag: string, text: string, takes: string): UsageError {
  return new UsageError(`--${flag} is ${JSON.stringify(text)}: it takes ${takes}`);
}
