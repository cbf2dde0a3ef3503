/**
 * Whether two values are the same by what is in them: what a client sends is always a copy, so identity says nothing.
 *
 * @module
 */
import { ManagedProxy, origin } from "./proxy.ts";

/** Compares plain objects, arrays, dates and bytes by content, proxies by their object, all else as `includes` does. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || (a === 0 && b === 0)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof ManagedProxy && b instanceof ManagedProxy) return isSameObject(a, b);
  const prototype = Object.getPrototypeOf(a);
  if (prototype !== Object.getPrototypeOf(b)) return false;
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) return sameBytes(a, b);
  return (prototype === Object.prototype || prototype === Array.prototype) &&
    sameFields(a as Record<string, unknown>, b as Record<string, unknown>);
}

function isSameObject(a: ManagedProxy, b: ManagedProxy): boolean {
  const [one, other] = [origin(a), origin(b)];
  return one.object === other.object && one.client === other.client;
}

function sameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  if (a.byteLength !== b.byteLength) return false;
  const other = new Uint8Array(b.buffer, b.byteOffset, b.byteLength);
  return new Uint8Array(a.buffer, a.byteOffset, a.byteLength).every((byte, i) => byte === other[i]);
}

function sameFields(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key], b[key]));
}
