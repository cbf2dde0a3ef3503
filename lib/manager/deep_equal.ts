/**
 * Compares two values by their content. What a client sends is always a copy, so identity would never match.
 *
 * @module
 */
import { Date } from "../core/platform.ts";
import { ManagedProxy, origin } from "./proxy.ts";

/** Compares plain objects, arrays, dates and bytes by content, proxies by their object, other values as `includes` does. */
export function deepEqual(a: unknown, b: unknown, pairs?: Pairs): boolean {
  if (Object.is(a, b) || (a === 0 && b === 0)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof ManagedProxy && b instanceof ManagedProxy) return isSameObject(a, b);
  const prototype = Object.getPrototypeOf(a);
  if (prototype !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) return equalBytes(a, b);
  return (prototype === Object.prototype || prototype === Array.prototype) &&
    equalFields(a as Record<string, unknown>, b as Record<string, unknown>, pairs ?? new Pairs());
}

/** Number of pairs of objects after which each pair is remembered. */
const MAX_UNTRACKED = 1_000;

/**
 * The pairs of objects of one comparison. An object that is in two places of another, which is in two places of a third,
 * and so on, would be compared 2^n times; a cycle without end.
 */
class Pairs {
  #count = 0;
  readonly #seen = new Map<object, Set<object>>();

  /** Whether a pair was met before. It needs no second look: one pair that differs ends the whole comparison. */
  isRepeated(a: object, b: object): boolean {
    if (this.#count < MAX_UNTRACKED) {
      this.#count++;
      return false;
    }
    const partners = this.#seen.get(a);
    if (partners === undefined) this.#seen.set(a, new Set([b]));
    else if (partners.has(b)) return true;
    else partners.add(b);
    return false;
  }
}

function isSameObject(a: ManagedProxy, b: ManagedProxy): boolean {
  const [first, second] = [origin(a), origin(b)];
  return first.object === second.object && first.client === second.client;
}

function equalBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  if (a.byteLength !== b.byteLength) return false;
  const bytes = new Uint8Array(b.buffer, b.byteOffset, b.byteLength);
  return new Uint8Array(a.buffer, a.byteOffset, a.byteLength).every((byte, i) => byte === bytes[i]);
}

function equalFields(a: Record<string, unknown>, b: Record<string, unknown>, pairs: Pairs): boolean {
  if (pairs.isRepeated(a, b)) return true;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key], b[key], pairs));
}
