/**
 * `cloneInput()`: searches a value, before structured clone copies it, for parts that the clone would copy wrongly and
 * without an error.
 *
 * ```
 * a URL, a Future         arrives as {}                              TransferError
 * a view of a big buffer  takes along the whole buffer               is replaced by a view of its own bytes
 * an error                arrives without its class, code, fields    its record goes along, or stands in its place
 * ```
 *
 * Plain data and typed arrays are not cloned (core/plain.ts, core/bytes.ts), so they never come here.
 *
 * @module
 */
import { isPartial, ownBytes } from "../core/bytes.ts";
import { forEachElement, MAX_HOLES } from "../core/elements.ts";
import { isAnyArrayBuffer, isProxy, uncopyable } from "../core/uncopyable.ts";
import { isShared } from "../shared/handle.ts";
import { copyTree, DESCEND } from "./copy_tree.ts";
import { isCloneableError } from "./thrown.ts";

/** What to give to structured clone in place of a value. */
export interface CloneInput {
  /** The value itself; or a copy, if there are views in it that are replaced. */
  readonly value: unknown;
  /** The errors in it; `undefined` if there are none. */
  readonly errors: Set<Error> | undefined;
}

/** Thrown for an object that would arrive without its content; the reason for a TransferError. */
export class EmptyCopyError extends TypeError {}

/**
 * Prepares a value for structured clone.
 *
 * @param transfer Objects that are moved: a view of a moved buffer moves with it.
 * @throws {EmptyCopyError} If an object in the value would arrive without its content.
 */
export function cloneInput(value: unknown, transfer: readonly unknown[] = []): CloneInput {
  if (typeof value !== "object" || value === null) return { value, errors: undefined };
  const search = new Search(transfer);
  try {
    search.visit(value);
  } catch (error) {
    if (error instanceof EmptyCopyError) throw error;
    // A getter or a proxy has thrown, or the value is too deep: structured clone reports it with its path.
    return { value, errors: undefined };
  }
  const partial = search.partialViews();
  if (partial === undefined) return { value, errors: search.errors };
  const replacement = (part: unknown) => {
    return partial.has(part as ArrayBufferView) ? ownBytes(part as ArrayBufferView) : undefined;
  };
  return { value: replaceParts(value, replacement), errors: search.errors };
}

/** Returns a copy of a value in which the parts for which there is a replacement are replaced. */
export function replaceParts(value: unknown, replacement: (part: unknown) => unknown): unknown {
  const replace = (part: unknown) => replacement(part) ?? (isContainer(part) ? DESCEND : part);
  return copyTree(value, replace, (object, key) => (object as Record<string, unknown>)[key]);
}

/** Maximum numbers of objects and of levels for which visiting an object twice costs less than to remember each. */
const MAX_UNTRACKED = 50_000;
const MAX_UNTRACKED_DEPTH = 64;

class Search {
  errors: Set<Error> | undefined;
  // The one view of each buffer; `null` for a buffer that travels whole.
  #views: Map<ArrayBufferLike, ArrayBufferView | null> | undefined;
  #visited = 0;
  #depth = 0;
  readonly #seen = new Set<object>();
  readonly #transfer: readonly unknown[];

  constructor(transfer: readonly unknown[]) {
    this.#transfer = transfer;
  }

  /** Returns the views whose own bytes are sent. */
  partialViews(): Set<ArrayBufferView> | undefined {
    if (this.#views === undefined) return undefined;
    const partial = [...this.#views.values()].filter((view) => view !== null && isPartial(view));
    return partial.length === 0 ? undefined : new Set(partial as ArrayBufferView[]);
  }

  visit(value: object): void {
    this.#depth++;
    if (Array.isArray(value)) this.#visitList(value);
    else {
      const prototype = Object.getPrototypeOf(value);
      if (prototype === Object.prototype || prototype === null) this.#visitFields(value);
      else this.#visitInstance(value);
    }
    this.#depth--;
  }

  #visitInstance(value: object): void {
    if (ArrayBuffer.isView(value)) return this.#noteView(value);
    if (isAnyArrayBuffer(value)) return void (this.#views ??= new Map()).set(value as ArrayBuffer, null);
    if (value instanceof Map) {
      if (this.#isRepeated(value, value.size)) return;
      for (const [key, part] of value) {
        if (isObject(key)) this.visit(key);
        if (isObject(part)) this.visit(part);
      }
    } else if (value instanceof Set) {
      if (this.#isRepeated(value, value.size)) return;
      for (const part of value) if (isObject(part)) this.visit(part);
    } else if (isCloneableError(value)) (this.errors ??= new Set()).add(value as Error);
    else if (!isShared(value) && !isProxy(value)) {
      const advice = uncopyable(value);
      if (advice !== undefined) throw new EmptyCopyError(`it would arrive as an empty object: ${advice}`);
      this.#visitFields(value);
    }
  }

  #visitList(list: unknown[]): void {
    if (this.#isRepeated(list, list.length)) return;
    // A loop of its own: a call for each of a million numbers costs as much as a tenth of their clone.
    for (let i = 0, holes = 0; i < list.length; i++) {
      const part = list[i];
      if (typeof part === "object" && part !== null) this.visit(part);
      else if (part === undefined && !Object.hasOwn(list, i) && ++holes > MAX_HOLES) return this.#visitSparse(list);
    }
  }

  #visitSparse(list: unknown[]): void {
    forEachElement(list, (part) => {
      if (isObject(part)) this.visit(part);
    });
  }

  #visitFields(object: object): void {
    if (this.#isRepeated(object, 1)) return;
    // Unlike Object.keys, for-in creates no array. It also finds what the program has added to Object.prototype.
    for (const key in object) {
      const part = (object as Record<string, unknown>)[key];
      if (isObject(part) && Object.hasOwn(object, key)) this.visit(part);
    }
  }

  // Whether the object was seen before, in a cycle or a second place; objects are remembered once there are many.
  #isRepeated(object: object, size: number): boolean {
    // A list counts for its elements, too: each is visited, at less cost than an object.
    this.#visited += 1 + size / 8;
    if (this.#visited <= MAX_UNTRACKED && this.#depth <= MAX_UNTRACKED_DEPTH) return false;
    if (this.#seen.has(object)) return true;
    this.#seen.add(object);
    return false;
  }

  #noteView(view: ArrayBufferView): void {
    const { buffer } = view;
    const views = this.#views ??= new Map();
    const first = views.get(buffer);
    if (first === view) return;
    views.set(buffer, first === undefined && !this.#transfer.includes(buffer) ? view : null);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

// Whether structured clone copies the parts of an object.
function isContainer(value: unknown): boolean {
  if (!isObject(value)) return false;
  if (Array.isArray(value) || value instanceof Map || value instanceof Set) return true;
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  return Object.prototype.toString.call(value) === "[object Object]" && !isCloneableError(value) && !isProxy(value);
}
