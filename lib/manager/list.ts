/**
 * Lists of a manager.
 *
 * @module
 */
import { registerKind } from "../shared/handle.ts";
import { invoke, ManagedProxy } from "./proxy.ts";

const KIND = "manager.list";

/**
 * A list of a {@linkcode Manager}, from any thread. All calls are done on the manager's thread, one after the other, in
 * the order in which they were made; each settles when it is done, and rejects with a {@linkcode ManagerClosedError} if
 * the manager is gone.
 *
 * Items are any structured-cloneable values, copied on their way, shared objects inside them. A list or dict of the same
 * manager in it stays what it is: whoever gets it changes the one that everybody sees.
 *
 * An `index` below 0 counts from the end. Two calls in a row are two calls: see {@linkcode ManagedProxy.transaction}.
 *
 * @typeParam T What the items are.
 *
 * @example A list with a list in it
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { type ListProxy, Manager } from "@isopool/isopool";
 *
 * using manager = new Manager();
 * const rows = manager.list<ListProxy<number>>();
 * await rows.push(manager.list([1]));
 * await (await rows.at(0))!.push(2);
 * for await (const row of rows) assertEquals(await row.toArray(), [1, 2]);
 * ```
 */
export class ListProxy<T> extends ManagedProxy implements AsyncIterable<T> {
  /** @ignore */
  constructor(from: unknown) {
    super(from, KIND, "ListProxy");
  }

  /** Appends items; gives the new length. */
  push(...items: T[]): Promise<number> {
    return invoke(this, "push", items) as Promise<number>;
  }

  /** Appends all items of an iterable at once; gives the new length. */
  async extend(items: Iterable<T>): Promise<number> {
    return await invoke(this, "extend", [[...items]]) as number;
  }

  /** Takes the last item; `undefined` if there is none. */
  pop(): Promise<T | undefined> {
    return invoke(this, "pop", []) as Promise<T | undefined>;
  }

  /** Takes the first item; `undefined` if there is none. */
  shift(): Promise<T | undefined> {
    return invoke(this, "shift", []) as Promise<T | undefined>;
  }

  /** Inserts an item before the one at `index`, or at the end if there is none; gives the new length. */
  insert(index: number, item: T): Promise<number> {
    return invoke(this, "insert", [index, item]) as Promise<number>;
  }

  /** Takes the item at `index` out. Rejects with a RangeError if there is none. */
  delete(index: number): Promise<T> {
    return invoke(this, "delete", [index]) as Promise<T>;
  }

  /** Gives the item at `index`; `undefined` if there is none. */
  at(index: number): Promise<T | undefined> {
    return invoke(this, "at", [index]) as Promise<T | undefined>;
  }

  /** Replaces the item at `index`. Rejects with a RangeError if there is none. */
  set(index: number, item: T): Promise<void> {
    return invoke(this, "set", [index, item]) as Promise<void>;
  }

  /** How many items are in it. */
  length(): Promise<number> {
    return invoke(this, "length", []) as Promise<number>;
  }

  /** Gives the items from `start` up to, not including, `end`. */
  slice(start?: number, end?: number): Promise<T[]> {
    return invoke(this, "slice", [start, end]) as Promise<T[]>;
  }

  /** Where the first item is that is the same as this one: plain objects, arrays, dates, bytes by content. -1 if none. */
  indexOf(item: T): Promise<number> {
    return invoke(this, "indexOf", [item]) as Promise<number>;
  }

  /** Whether it has an item that is the same as this one, as for `indexOf`. */
  includes(item: T): Promise<boolean> {
    return invoke(this, "includes", [item]) as Promise<boolean>;
  }

  /**
   * Sorts numbers by size or strings by their UTF-16 code units; or objects by such a field. Items that are equal keep
   * their order. Rejects with a TypeError for anything else, and changes nothing then.
   */
  sort(by?: keyof T & string): Promise<void> {
    return invoke(this, "sort", by === undefined ? [] : [by]) as Promise<void>;
  }

  /** Turns the order around. */
  reverse(): Promise<void> {
    return invoke(this, "reverse", []) as Promise<void>;
  }

  /** Takes all items out. */
  clear(): Promise<void> {
    return invoke(this, "clear", []) as Promise<void>;
  }

  /** All items as they are now. */
  toArray(): Promise<T[]> {
    return invoke(this, "toArray", []) as Promise<T[]>;
  }

  /** Gives the items as they were when the loop began. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    yield* await this.toArray();
  }
}

registerKind(KIND, ListProxy);
