/**
 * Dicts of a manager.
 *
 * @module
 */
import { registerKind } from "../shared/handle.ts";
import { invoke, ManagedProxy } from "./proxy.ts";

const KIND = "manager.dict";

/** What can be a key: objects would arrive as copies, which are nobody else's keys. */
export type DictKey = string | number | bigint | boolean | null | undefined;

/**
 * A dict of a {@linkcode Manager}, from any thread: a `Map`. All calls are done on the manager's thread, one after the
 * other, in the order in which they were made; each settles when it is done, and rejects with a
 * {@linkcode ManagerClosedError} if the manager is gone.
 *
 * Values are any structured-cloneable values, copied on their way, shared objects inside them. A list or dict of the
 * same manager in it stays what it is.
 *
 * @typeParam K What the keys are.
 * @typeParam V What the values are.
 *
 * @example Who comes first, decides
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Manager } from "@isopool/isopool";
 *
 * using manager = new Manager();
 * const owners = manager.dict<string, number>();
 * assertEquals(await Promise.all([owners.setDefault("job", 1), owners.setDefault("job", 2)]), [1, 1]);
 * ```
 */
export class DictProxy<K extends DictKey, V> extends ManagedProxy implements AsyncIterable<[K, V]> {
  /** @ignore */
  constructor(from: unknown) {
    super(from, KIND, "DictProxy");
  }

  /** Gives the value of a key; `undefined` if there is none. */
  get(key: K): Promise<V | undefined> {
    return invoke(this, "get", [key]) as Promise<V | undefined>;
  }

  /** Sets the value of a key. A new key comes last. */
  set(key: K, value: V): Promise<void> {
    return invoke(this, "set", [key, value]) as Promise<void>;
  }

  /** Whether there is such a key. */
  has(key: K): Promise<boolean> {
    return invoke(this, "has", [key]) as Promise<boolean>;
  }

  /** Removes a key; says whether it was there. */
  delete(key: K): Promise<boolean> {
    return invoke(this, "delete", [key]) as Promise<boolean>;
  }

  /** Removes a key and gives its value; `undefined` if it was not there. */
  pop(key: K): Promise<V | undefined> {
    return invoke(this, "pop", [key]) as Promise<V | undefined>;
  }

  /** Sets the value of a key that is not there; gives the value that is there then. */
  setDefault(key: K, value: V): Promise<V> {
    return invoke(this, "setDefault", [key, value]) as Promise<V>;
  }

  /** Sets many at once. */
  async update(entries: Iterable<readonly [K, V]> | Readonly<Record<K & string, V>>): Promise<void> {
    await invoke(this, "update", [entriesOf(entries)]);
  }

  /** How many keys there are. */
  size(): Promise<number> {
    return invoke(this, "size", []) as Promise<number>;
  }

  /** All keys, in the order in which they were first set. */
  keys(): Promise<K[]> {
    return invoke(this, "keys", []) as Promise<K[]>;
  }

  /** All values, in the order of the keys. */
  values(): Promise<V[]> {
    return invoke(this, "values", []) as Promise<V[]>;
  }

  /** All keys with their values. */
  entries(): Promise<[K, V][]> {
    return invoke(this, "entries", []) as Promise<[K, V][]>;
  }

  /** Removes all keys. */
  clear(): Promise<void> {
    return invoke(this, "clear", []) as Promise<void>;
  }

  /** What is in it now, as a `Map`. */
  async toMap(): Promise<Map<K, V>> {
    return new Map(await this.entries());
  }

  /** What is in it now, as a plain object: keys become strings. */
  async toObject(): Promise<Record<string, V>> {
    return Object.fromEntries((await this.entries()).map(([key, value]) => [String(key), value]));
  }

  /** Gives keys and values as they were when the loop began. */
  async *[Symbol.asyncIterator](): AsyncGenerator<[K, V], void, undefined> {
    yield* await this.entries();
  }
}

/** The entries of what `update` takes. */
export function entriesOf<K, V>(entries: Iterable<readonly [K, V]> | Readonly<Record<string, V>>): [K, V][] {
  return (Symbol.iterator in entries ? [...entries] : Object.entries(entries)) as [K, V][];
}

registerKind(KIND, DictProxy);
