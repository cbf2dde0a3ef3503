/**
 * `ListProxy`: a list of a manager, as any thread calls it.
 *
 * @module
 */
import { registerKind } from "../shared/handle.ts";
import { itemsOf } from "./arguments.ts";
import { invoke, ManagedProxy } from "./proxy.ts";

const KIND = "manager.list";

/**
 * A list of a {@linkcode Manager}. The manager's thread runs all calls, one after the other, in the order in which they
 * were made. Each settles when it is done, and rejects with a {@linkcode ManagerClosedError} if the manager is gone.
 *
 * Items are structured-cloneable values, copied on their way; shared objects inside them stay shared, and so do lists and
 * dicts of the same manager. An `index` below 0 counts from the end.
 *
 * **Cost.** That of a call of a {@linkcode Manager}, plus copying. Two calls in a row are not atomic: use
 * {@linkcode ManagedProxy.transaction}. For a fixed count of numbers, use `SharedArray`.
 *
 * @typeParam T Type of the items.
 */
export class ListProxy<T> extends ManagedProxy implements AsyncIterable<T> {
  /** @ignore */
  constructor(from: unknown) {
    super(from, KIND, "ListProxy");
  }

  /**
   * Appends items. Resolves to the new length.
   *
   * @example Append two items
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const list = manager.list([1]);
   * assertEquals(await list.push(2, 3), 3);
   * ```
   */
  push(...items: T[]): Promise<number> {
    return invoke(this, "push", items) as Promise<number>;
  }

  /**
   * Appends all items of an iterable in one call. Resolves to the new length.
   *
   * @example Append a set
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * assertEquals(await manager.list([1]).extend(new Set([2, 3])), 3);
   * ```
   */
  async extend(items: Iterable<T>): Promise<number> {
    return await invoke(this, "extend", [itemsOf("extend list", "items", items)]) as number;
  }

  /**
   * Removes the last item and resolves to it, or to `undefined` if the list is empty.
   *
   * @example Take from both ends
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const list = manager.list([1, 2, 3]);
   * assertEquals([await list.pop(), await list.shift()], [3, 1]);
   * ```
   */
  pop(): Promise<T | undefined> {
    return invoke(this, "pop", []) as Promise<T | undefined>;
  }

  /** Removes the first item and resolves to it, or to `undefined` if the list is empty. */
  shift(): Promise<T | undefined> {
    return invoke(this, "shift", []) as Promise<T | undefined>;
  }

  /**
   * Inserts an item before the one at `index`, or at the end if there is none. Resolves to the new length.
   *
   * @example Insert at the front
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const list = manager.list(["b"]);
   * assertEquals([await list.insert(0, "a"), await list.toArray()], [2, ["a", "b"]]);
   * ```
   */
  insert(index: number, item: T): Promise<number> {
    return invoke(this, "insert", [index, item]) as Promise<number>;
  }

  /**
   * Removes the item at `index` and resolves to it. Rejects with a RangeError if there is none.
   *
   * @example Remove the last but one
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const list = manager.list([1, 2, 3]);
   * assertEquals(await list.delete(-2), 2);
   * ```
   */
  delete(index: number): Promise<T> {
    return invoke(this, "delete", [index]) as Promise<T>;
  }

  /**
   * Resolves to the item at `index`, or to `undefined` if there is none.
   *
   * @example Read the last item
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const list = manager.list([1, 2]);
   * assertEquals([await list.at(-1), await list.length()], [2, 2]);
   * ```
   */
  at(index: number): Promise<T | undefined> {
    return invoke(this, "at", [index]) as Promise<T | undefined>;
  }

  /**
   * Replaces the item at `index`. Rejects with a RangeError if there is none.
   *
   * @example Replace an item that must exist
   * ```ts
   * import { assertRejects } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const list = manager.list([1]);
   * await assertRejects(() => list.set(1, 5), RangeError);
   * ```
   */
  set(index: number, item: T): Promise<void> {
    return invoke(this, "set", [index, item]) as Promise<void>;
  }

  /** Resolves to the number of items. */
  length(): Promise<number> {
    return invoke(this, "length", []) as Promise<number>;
  }

  /**
   * Resolves to the items from `start` up to, not including, `end`.
   *
   * @example Read a page
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const list = manager.list([1, 2, 3]);
   * assertEquals(await list.slice(0, 2), [1, 2]);
   * ```
   */
  slice(start?: number, end?: number): Promise<T[]> {
    return invoke(this, "slice", [start, end]) as Promise<T[]>;
  }

  /**
   * Resolves to the index of the first equal item, or to -1. Plain objects, arrays, dates and bytes are compared by content.
   *
   * @example Find an object
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const list = manager.list([{ id: 1 }]);
   * assertEquals([await list.indexOf({ id: 1 }), await list.includes({ id: 2 })], [0, false]);
   * ```
   */
  indexOf(item: T): Promise<number> {
    return invoke(this, "indexOf", [item]) as Promise<number>;
  }

  /** Resolves to whether the list has an equal item, as for `indexOf`. */
  includes(item: T): Promise<boolean> {
    return invoke(this, "includes", [item]) as Promise<boolean>;
  }

  /**
   * Sorts numbers by size, strings by their UTF-16 code units, or objects by a field with such values. Equal items keep
   * their order. Rejects with a TypeError for other items, and changes nothing.
   *
   * @example Sort by a field
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const list = manager.list([{ n: 2 }, { n: 1 }]);
   * await list.sort("n");
   * assertEquals(await list.at(0), { n: 1 });
   * ```
   */
  sort(by?: keyof T & string): Promise<void> {
    return invoke(this, "sort", by === undefined ? [] : [by]) as Promise<void>;
  }

  /** Reverses the order. */
  reverse(): Promise<void> {
    return invoke(this, "reverse", []) as Promise<void>;
  }

  /**
   * Removes all items.
   *
   * @example Empty a list
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const list = manager.list([1, 2]);
   * await list.clear();
   * assertEquals(await list.toArray(), []);
   * ```
   */
  clear(): Promise<void> {
    return invoke(this, "clear", []) as Promise<void>;
  }

  /** Resolves to a copy of all items. */
  toArray(): Promise<T[]> {
    return invoke(this, "toArray", []) as Promise<T[]>;
  }

  /**
   * Iterates over the items as they are when the loop begins.
   *
   * @example Read a list of lists
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const rows = manager.list([manager.list([1]), manager.list([2])]);
   * for await (const row of rows) assertEquals(await row.length(), 1);
   * ```
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    yield* await this.toArray();
  }
}

registerKind(KIND, ListProxy);
