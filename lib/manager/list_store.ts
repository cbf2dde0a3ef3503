/**
 * A list on the manager's thread. Clients can call its methods, except `undo`; list.ts says what each does.
 *
 * @module
 */
import { isDense } from "../core/elements.ts";
import { badOption, refusal } from "../core/validate.ts";
import { deepEqual } from "./deep_equal.ts";
import { type Undo, UndoByCopy } from "./undo.ts";

/** A list of a manager. */
export class ListStore {
  /** Names of the methods that change the list. */
  static readonly writes: ReadonlySet<string> = new Set(
    ["push", "pop", "shift", "insert", "delete", "set", "sort", "reverse", "extend", "clear"],
  );
  #items: unknown[];

  constructor(initial: unknown) {
    this.#items = dense("make list", "initial", initial);
  }

  /** Returns how to restore the current state. */
  undo(): Undo {
    return new UndoByCopy(() => this.#items.slice(), (items) => this.#items = items);
  }

  push(...items: unknown[]): number {
    return this.#items.push(...items);
  }

  extend(items: unknown[]): number {
    // One call of push for all would overflow the stack: a million arguments do not fit.
    for (const item of dense("extend list", "items", items)) this.#items.push(item);
    return this.#items.length;
  }

  pop(): unknown {
    return this.#items.pop();
  }

  shift(): unknown {
    return this.#items.shift();
  }

  insert(index: unknown, item: unknown): number {
    this.#items.splice(checkIndex("insert into list", index), 0, item);
    return this.#items.length;
  }

  delete(index: unknown): unknown {
    return this.#items.splice(this.#position("delete element of list", index), 1)[0];
  }

  at(index: unknown): unknown {
    return this.#items.at(checkIndex("read list", index));
  }

  set(index: unknown, item: unknown): void {
    this.#items[this.#position("set element of list", index)] = item;
  }

  length(): number {
    return this.#items.length;
  }

  slice(start?: number, end?: number): unknown[] {
    checkBound(start);
    checkBound(end);
    return this.#items.slice(start, end);
  }

  indexOf(item: unknown): number {
    return this.#items.findIndex((each) => deepEqual(each, item));
  }

  includes(item: unknown): boolean {
    return this.indexOf(item) >= 0;
  }

  sort(by?: unknown): void {
    if (by !== undefined && typeof by !== "string") {
      throw badOption("sort list", "by", by, "the name of a field", false);
    }
    const keyed = this.#items.map((item) => ({ item, key: by === undefined ? item : field(item, by) }));
    const type = typeof keyed.at(0)?.key;
    for (const { key } of keyed) {
      if (typeof key !== type || !["number", "bigint", "string"].includes(type)) {
        throw refusal(
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

  // Not copied here: sending the reply copies it.
  toArray(): unknown[] {
    return this.#items;
  }

  #position(call: string, index: unknown): number {
    const { length } = this.#items;
    const position = checkIndex(call, index);
    if (position >= length || position < -length) {
      throw badOption(call, "index", index, length === 0 ? "none: it is empty" : `${-length} to ${length - 1}`, true);
    }
    return position < 0 ? position + length : position;
  }
}

function checkIndex(call: string, index: unknown): number {
  if (!Number.isInteger(index)) throw badOption(call, "index", index, "an integer", typeof index === "number");
  return index as number;
}

function checkBound(index: unknown): void {
  if (index !== undefined && index !== Infinity && index !== -Infinity) checkIndex("slice list", index);
}

function field(item: unknown, name: string): unknown {
  return typeof item === "object" && item !== null && Object.hasOwn(item, name)
    ? (item as Record<string, unknown>)[name]
    : undefined;
}

// A client of this library sends no holes. A loop over a list of length 2^32 - 1 would block the manager for minutes.
function dense(call: string, what: string, items: unknown): unknown[] {
  if (isDense(items)) return items;
  throw badOption(call, what, items, "an array without holes", false);
}
