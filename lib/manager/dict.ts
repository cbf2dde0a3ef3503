/**
 * `DictProxy`: a dict of a manager, as any thread calls it.
 *
 * @module
 */
import { registerKind } from "../shared/handle.ts";
import { entriesOf } from "./arguments.ts";
import { invoke, ManagedProxy } from "./proxy.ts";

const KIND = "manager.dict";

/** Types of keys. An object cannot be a key: it would arrive as a copy, which equals no other key. */
export type DictKey = string | number | bigint | boolean | null | undefined;

/**
 * A dict of a {@linkcode Manager}: a `Map`. The manager's thread runs all calls, one after the other, in the order in which
 * they were made. Each settles when it is done, and rejects with a {@linkcode ManagerClosedError} if the manager is gone.
 *
 * Values are structured-cloneable values, copied on their way; shared objects inside them stay shared, and so do lists and
 * dicts of the same manager.
 *
 * **Cost.** That of a call of a {@linkcode Manager}, plus copying. Two calls in a row are not atomic: use
 * {@linkcode ManagedProxy.transaction}. For one number that many threads change, use `Counter`.
 *
 * @typeParam K Type of the keys.
 * @typeParam V Type of the values.
 */
export class DictProxy<K extends DictKey, V> extends ManagedProxy implements AsyncIterable<[K, V]> {
  /** @ignore */
  constructor(from: unknown) {
    super(from, KIND, "DictProxy");
  }

  /**
   * Resolves to the value of a key, or to `undefined` if there is none.
   *
   * @example Read a value
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const dict = manager.dict({ a: 1 });
   * assertEquals([await dict.get("a"), await dict.get("b")], [1, undefined]);
   * ```
   */
  get(key: K): Promise<V | undefined> {
    return invoke(this, "get", [key]) as Promise<V | undefined>;
  }

  /**
   * Sets the value of a key. A new key comes last in the order.
   *
   * @example Set and get
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const dict = manager.dict({ a: 1 });
   * await dict.set("b", 2);
   * assertEquals([await dict.get("b"), await dict.size()], [2, 2]);
   * ```
   */
  set(key: K, value: V): Promise<void> {
    return invoke(this, "set", [key, value]) as Promise<void>;
  }

  /** Resolves to whether there is such a key. */
  has(key: K): Promise<boolean> {
    return invoke(this, "has", [key]) as Promise<boolean>;
  }

  /**
   * Removes a key. Resolves to whether it was there.
   *
   * @example Remove a key once
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const dict = manager.dict({ a: 1 });
   * assertEquals([await dict.delete("a"), await dict.delete("a")], [true, false]);
   * ```
   */
  delete(key: K): Promise<boolean> {
    return invoke(this, "delete", [key]) as Promise<boolean>;
  }

  /**
   * Removes a key. Resolves to its value, or to `undefined` if it was not there.
   *
   * @example Take a value out
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const dict = manager.dict({ a: 1 });
   * assertEquals([await dict.pop("a"), await dict.has("a")], [1, false]);
   * ```
   */
  pop(key: K): Promise<V | undefined> {
    return invoke(this, "pop", [key]) as Promise<V | undefined>;
  }

  /**
   * Sets the value of a key if the key is not there. Resolves to the value that is there then.
   *
   * @example Let the first caller win
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const owners = manager.dict<string, number>();
   * assertEquals([await owners.setDefault("job", 1), await owners.setDefault("job", 2)], [1, 1]);
   * ```
   */
  setDefault(key: K, value: V): Promise<V> {
    return invoke(this, "setDefault", [key, value]) as Promise<V>;
  }

  /**
   * Sets many values in one call.
   *
   * @example Merge an object
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const dict = manager.dict({ a: 1 });
   * await dict.update({ b: 2 });
   * assertEquals(await dict.toObject(), { a: 1, b: 2 });
   * ```
   */
  async update(entries: Iterable<readonly [K, V]> | Readonly<Record<K & string, V>>): Promise<void> {
    await invoke(this, "update", [entriesOf("update dict", "entries", entries)]);
  }

  /** Resolves to the number of keys. */
  size(): Promise<number> {
    return invoke(this, "size", []) as Promise<number>;
  }

  /**
   * Resolves to all keys, in the order in which they were first set.
   *
   * @example List what is there
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const dict = manager.dict({ a: 1, b: 2 });
   * assertEquals([await dict.keys(), await dict.values()], [["a", "b"], [1, 2]]);
   * ```
   */
  keys(): Promise<K[]> {
    return invoke(this, "keys", []) as Promise<K[]>;
  }

  /** Resolves to all values, in the order of the keys. */
  values(): Promise<V[]> {
    return invoke(this, "values", []) as Promise<V[]>;
  }

  /**
   * Resolves to all keys with their values.
   *
   * @example Copy the entries
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const dict = manager.dict({ a: 1 });
   * assertEquals(await dict.entries(), [["a", 1]]);
   * ```
   */
  entries(): Promise<[K, V][]> {
    return invoke(this, "entries", []) as Promise<[K, V][]>;
  }

  /**
   * Removes all keys.
   *
   * @example Empty a dict
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const dict = manager.dict({ a: 1 });
   * await dict.clear();
   * assertEquals(await dict.size(), 0);
   * ```
   */
  clear(): Promise<void> {
    return invoke(this, "clear", []) as Promise<void>;
  }

  /**
   * Resolves to a copy of the dict as a `Map`.
   *
   * @example Copy a dict
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const dict = manager.dict({ a: 1 });
   * assertEquals(await dict.toMap(), new Map([["a", 1]]));
   * ```
   */
  async toMap(): Promise<Map<K, V>> {
    return new Map(await this.entries());
  }

  /**
   * Resolves to a copy of the dict as a plain object. Keys become strings.
   *
   * @example Copy a dict into an object
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const dict = manager.dict({ a: 1 });
   * assertEquals(await dict.toObject(), { a: 1 });
   * ```
   */
  async toObject(): Promise<Record<string, V>> {
    return Object.fromEntries((await this.entries()).map(([key, value]) => [String(key), value]));
  }

  /**
   * Iterates over the keys and values as they are when the loop begins.
   *
   * @example Loop over a dict
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const dict = manager.dict({ a: 1 });
   * for await (const [key, value] of dict) assertEquals([key, value], ["a", 1]);
   * ```
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<[K, V], void, undefined> {
    yield* await this.entries();
  }
}

registerKind(KIND, DictProxy);
