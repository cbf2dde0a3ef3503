/**
 * Checks of arguments at the call. Objects are made by requests that have no reply, so an argument that only the
 * manager's side refused would be an error that no caller sees.
 *
 * @module
 */
import { badOption, isA, isOptions } from "../core/validate.ts";

/** Checks that an argument is a function. */
export function checkFunction(call: string, name: string, fn: unknown): void {
  if (typeof fn !== "function") throw badOption(call, name, fn, "a function", false);
}

/** Returns the items of an iterable. */
export function itemsOf<T>(call: string, name: string, items: Iterable<T>): T[] {
  if (!isIterable(items)) throw badOption(call, name, items, "an iterable: an array, a Set, a generator", false);
  return [...items];
}

/** Returns the entries of an iterable of pairs, or of a plain object. */
export function entriesOf<K, V>(
  call: string,
  name: string,
  entries: Iterable<readonly [K, V]> | Readonly<Record<string, V>>,
): [K, V][] {
  if (!isIterable(entries)) return propertiesOf(call, name, entries) as [K, V][];
  const list = [...entries] as [K, V][];
  for (const each of list) {
    if (!isA(each, Array)) throw badOption(call, `an entry of ${name}`, each, "an array [key, value]", false);
    checkKey(call, each[0]);
  }
  return list;
}

/** Returns the properties of an object. A Map, a Date and others whose content is not in properties are refused. */
export function propertiesOf(call: string, name: string, object: object): [string, unknown][] {
  if (isIterable(object) || !isOptions(object)) {
    throw badOption(call, name, object, "an object with properties", false);
  }
  return Object.entries(object);
}

/** Checks that an argument is the name of a property. */
export function checkName(call: string, name: unknown): void {
  if (typeof name !== "string") throw badOption(call, "name", name, "a string", false);
}

/** Checks and returns a key of a dict. An object arrives as a copy, which equals no other key. */
export function checkKey(call: string, key: unknown): unknown {
  if ((typeof key === "object" && key !== null) || typeof key === "function" || typeof key === "symbol") {
    throw badOption(call, "key", key, "a string, number, bigint or boolean: objects arrive as copies", false);
  }
  return key;
}

function isIterable(value: unknown): value is Iterable<unknown> {
  if (value === null || value === undefined) return false;
  try {
    return typeof (value as Iterable<unknown>)[Symbol.iterator] === "function";
  } catch {
    // A revoked proxy.
    return false;
  }
}
