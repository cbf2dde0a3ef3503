/**
 * `copyTree()`: copies the arrays, objects, Maps and Sets of a value as structured clone would, so that single values
 * inside can be replaced without a change of the original.
 *
 * @module
 */
import { define } from "../core/define.ts";
import { forEachElement } from "../core/elements.ts";
import { isShared } from "../shared/handle.ts";

/** Returned by `replace` to leave a value out. In an array, `undefined` takes its place. */
export const DROP: unique symbol = Symbol("drop");
/** Returned by `replace` for a value that is to be copied by its parts. */
export const DESCEND: unique symbol = Symbol("descend");

/**
 * Copies a value. An object that occurs twice is one object in the copy.
 *
 * @param replace Returns what stands for an object, function or symbol in the copy, or {@linkcode DROP} or
 * {@linkcode DESCEND}.
 * @param read Reads a property.
 */
export function copyTree(
  root: unknown,
  replace: (value: unknown) => unknown,
  read: (object: object, key: string) => unknown,
): unknown {
  const copies = new Map<unknown, unknown>();

  function copy(value: unknown): unknown {
    if (value === null || (typeof value !== "object" && typeof value !== "function" && typeof value !== "symbol")) {
      return value;
    }
    if (copies.has(value)) return copies.get(value);
    const replaced = isShared(value) ? value : replace(value);
    if (replaced !== DESCEND) {
      copies.set(value, replaced);
      return replaced;
    }
    return copyParts(value as object);
  }

  function copyParts(value: object): unknown {
    if (value instanceof Map) {
      const map = new Map();
      copies.set(value, map);
      for (const [key, part] of value) {
        const [newKey, newPart] = [copy(key), copy(part)];
        if (newKey !== DROP && newPart !== DROP) map.set(newKey, newPart);
      }
      return map;
    }
    if (value instanceof Set) {
      const set = new Set();
      copies.set(value, set);
      for (const part of value) {
        const newPart = copy(part);
        if (newPart !== DROP) set.add(newPart);
      }
      return set;
    }
    return Array.isArray(value) ? copyList(value) : copyFields(value, {}, Object.keys(value));
  }

  function copyList(value: unknown[]): unknown {
    const list: unknown[] = [];
    copies.set(value, list);
    list.length = value.length;
    let count = 0;
    forEachElement(value, (part, index) => {
      const newPart = copy(part);
      list[index] = newPart === DROP ? undefined : newPart;
      count++;
    });
    // A list may have fields besides its elements, as the result of a RegExp has. Keys of elements come first.
    const keys = Object.keys(value);
    return keys.length === count ? list : copyFields(value, list, keys.slice(count));
  }

  function copyFields(value: object, into: object, keys: string[]): unknown {
    copies.set(value, into);
    for (const key of keys) {
      const part = copy(read(value, key));
      if (part !== DROP) define(into, key, part, true);
    }
    return into;
  }

  return copy(root);
}
