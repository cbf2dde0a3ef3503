/**
 * Lists, dicts, namespaces and values, where they are: on the manager's thread. Their methods are what clients can call;
 * the proxies (list.ts, dict.ts, ...) say what each does.
 *
 * @module
 */
import { bad } from "../core/validate.ts";
import { deepEqual } from "./deep_equal.ts";

/** What takes an object back to where it was when this was made. */
export interface Undo {
  /** A call is about to change the object. */
  before(method: string, args: readonly unknown[]): void;
  undo(): void;
}

/** Keeps a copy, from the first change on. */
class Copy<T> implements Undo {
  readonly #copy: () => T;
  readonly #restore: (copy: T) => void;
  #kept: { copy: T } | undefined;

  constructor(copy: () => T, restore: (copy: T) => void) {
    this.#copy = copy;
    this.#restore = restore;
  }

  before(): void {
    this.#kept ??= { copy: this.#copy() };
  }

  undo(): void {
    if (this.#kept) this.#restore(this.#kept.copy);
  }
}

const CALLS = { set: "set element of list", delete: "delete element of list", insert: "insert into list" };

/** A list. */
export class ListStore {
  static readonly writes: ReadonlySet<string> = new Set(
    ["push", "pop", "shift", "insert", "delete", "set", "sort", "reverse", "extend", "clear"],
  );
  #items: unknown[];

  constructor(initial: unknown) {
    this.#items = initial as unknown[];
  }

  undo(): Undo {
    return new Copy(() => this.#items.slice(), (items) => this.#items = items);
  }

  push(...items: unknown[]): number {
    return this.#items.push(...items);
  }

  extend(items: unknown[]): number {
    // Not one call of push: a million arguments do not fit on the stack.
    for (const item of items) this.#items.push(item);
    return this.#items.length;
  }

  pop(): unknown {
    return this.#items.pop();
  }

  shift(): unknown {
    return this.#items.shift();
  }

  insert(index: unknown, item: unknown): number {
    this.#items.splice(integer(CALLS.insert, index), 0, item);
    return this.#items.length;
  }

  delete(index: unknown): unknown {
    return this.#items.splice(this.#place(CALLS.delete, index), 1)[0];
  }

  at(index: unknown): unknown {
    return this.#items.at(integer("read list", index));
  }

  set(index: unknown, item: unknown): void {
    this.#items[this.#place(CALLS.set, index)] = item;
  }

  length(): number {
    return this.#items.length;
  }

  slice(start?: number, end?: number): unknown[] {
    return this.#items.slice(start, end);
  }

  indexOf(item: unknown): number {
    return this.#items.findIndex((each) => deepEqual(each, item));
  }

  includes(item: unknown): boolean {
    return this.indexOf(item) >= 0;
  }

  sort(by?: string): void {
    const keyed = this.#items.map((item) => ({ item, key: by === undefined ? item : field(item, by) }));
    const type = typeof keyed[0]?.key;
    for (const { key } of keyed) {
      if (typeof key !== type || !["number", "bigint", "string"].includes(type)) {
        throw new TypeError(
          "Cannot sort list: it takes numbers only, bigints only or strings only, or a field of these",
        );
      }
    }
    keyed.sort(({ key: a }, { key: b }) => a === b ? 0 : (a as number) < (b as number) ? -1 : 1);
    this.#items = keyed.map(({ item }) => item);
  }

  reverse(): void {
    this.#items.reverse();
  }

  clear(): void {
    this.#items = [];
  }

  toArray(): unknown[] {
    return this.#items;
  }

  #place(call: string, index: unknown): number {
    const { length } = this.#items;
    const at = integer(call, index);
    if (at >= length || at < -length) {
      throw bad(call, "index", index, length === 0 ? "none: it is empty" : `${-length} to ${length - 1}`, true);
    }
    return at < 0 ? at + length : at;
  }
}

/** A dict. */
export class DictStore {
  static readonly writes: ReadonlySet<string> = new Set(["set", "delete", "pop", "update", "setDefault", "clear"]);
  #map = new Map<unknown, unknown>();

  constructor(initial: unknown) {
    this.update(initial as [unknown, unknown][]);
  }

  // Copying a Map of 100,000 takes 20 ms. So only what is set is kept; but a key that goes away takes its place in the
  // order along.
  undo(): Undo {
    const kept = new Map<unknown, { value: unknown } | undefined>();
    const keep = (key: unknown) => {
      if (!kept.has(key)) kept.set(key, this.#map.has(key) ? { value: this.#map.get(key) } : undefined);
    };
    let copy: Map<unknown, unknown> | undefined;
    return {
      before: (method, [first]) => {
        if (copy) return;
        if (method === "set" || method === "setDefault") keep(first);
        else if (method === "update") { for (const [key] of first as [unknown, unknown][]) keep(key); }
        else copy = new Map(this.#map);
      },
      undo: () => {
        if (copy) this.#map = copy;
        for (const [key, old] of kept) {
          if (old) this.#map.set(key, old.value);
          else this.#map.delete(key);
        }
      },
    };
  }

  get(key: unknown): unknown {
    return this.#map.get(checkKey(key));
  }

  set(key: unknown, value: unknown): void {
    this.#map.set(checkKey(key), value);
  }

  has(key: unknown): boolean {
    return this.#map.has(checkKey(key));
  }

  delete(key: unknown): boolean {
    return this.#map.delete(checkKey(key));
  }

  pop(key: unknown): unknown {
    const value = this.get(key);
    this.#map.delete(key);
    return value;
  }

  setDefault(key: unknown, value: unknown): unknown {
    if (!this.has(key)) this.#map.set(key, value);
    return this.#map.get(key);
  }

  update(entries: [unknown, unknown][]): void {
    for (const [key] of entries) checkKey(key);
    for (const [key, value] of entries) this.#map.set(key, value);
  }

  size(): number {
    return this.#map.size;
  }

  keys(): unknown[] {
    return [...this.#map.keys()];
  }

  values(): unknown[] {
    return [...this.#map.values()];
  }

  entries(): [unknown, unknown][] {
    return [...this.#map];
  }

  clear(): void {
    this.#map.clear();
  }
}

/** A value. */
export class ValueStore {
  static readonly writes: ReadonlySet<string> = new Set(["set"]);
  #value: unknown;

  constructor(initial: unknown) {
    this.#value = initial;
  }

  undo(): Undo {
    return new Copy(() => this.#value, (value) => this.#value = value);
  }

  get(): unknown {
    return this.#value;
  }

  set(value: unknown): void {
    this.#value = value;
  }
}

function integer(call: string, index: unknown): number {
  if (!Number.isInteger(index)) throw bad(call, "index", index, "an integer", typeof index === "number");
  return index as number;
}

function field(item: unknown, name: string): unknown {
  return typeof item === "object" && item !== null && Object.hasOwn(item, name)
    ? (item as Record<string, unknown>)[name]
    : undefined;
}

function checkKey(key: unknown): unknown {
  if ((typeof key === "object" && key !== null) || typeof key === "function") {
    throw bad("use dict", "key", key, "a string, number, bigint or boolean: objects arrive as copies", false);
  }
  return key;
}
