/**
 * Errors as plain data.
 *
 * Structured clone keeps the built-in classes with message, stack and cause, and loses everything else: custom names,
 * codes and fields, `AggregateError.errors`, `Deno.errors.*`; and it throws at a single cause that cannot be cloned. A
 * record keeps everything, and decoding it cannot fail.
 *
 * @module
 */
import { ownBytes } from "../core/bytes.ts";
import { define } from "../core/define.ts";
import { forEachElement } from "../core/elements.ts";
import { DOMException, structuredClone } from "../core/platform.ts";
import { isProxy, uncopyable } from "../core/uncopyable.ts";
import { copyTree, DESCEND, DROP } from "./copy_tree.ts";
import { type ErrorRecord, isCloneableError, isError, MAX_CLASSES, SEPARATE_FIELDS, type Thrown } from "./thrown.ts";

export { type ErrorRecord, isError, type Thrown } from "./thrown.ts";

/**
 * Encodes what was thrown. Inside a field, a function or symbol is left out, and a string takes the place of any other
 * value that cannot be cloned.
 */
export function encodeThrown(thrown: unknown): Thrown {
  try {
    return new Encoder().encode(thrown);
  } catch {
    return { value: "[not copied: it cannot be read]" };
  }
}

/** Makes records for the errors inside of a value that is about to be cloned; `target` of each is the error itself. */
export function recordsOf(errors: Iterable<Error>): ErrorRecord[] {
  const encoder = new Encoder();
  const records: ErrorRecord[] = [];
  for (const error of errors) {
    try {
      const record = encoder.record(error);
      record.target = error;
      records.push(record);
    } catch { /* An error that cannot be read arrives as structured clone copies it. */ }
  }
  return records;
}

/** Makes the record of each error, for a message that has handles in their place. An error that cannot be read has none. */
export function recordEach(errors: Iterable<Error>): Map<Error, ErrorRecord> {
  const encoder = new Encoder();
  const records = new Map<Error, ErrorRecord>();
  for (const error of errors) {
    try {
      records.set(error, encoder.record(error));
    } catch { /* It arrives as structured clone copies it. */ }
  }
  return records;
}

/** Encodes the errors of one message. An error that occurs twice has one record. */
class Encoder {
  readonly #records = new Map<Error, ErrorRecord>();

  encode(thrown: unknown): Thrown {
    if (isError(thrown)) return { error: this.record(thrown) };
    if (typeof thrown === "function" || typeof thrown === "symbol") {
      return { value: `[not copied: a ${typeof thrown}]` };
    }
    return this.#encodeData(thrown);
  }

  record(error: Error): ErrorRecord {
    const known = this.#records.get(error);
    if (known) return known;
    const record: ErrorRecord = {
      classes: classesOf(error),
      name: text(() => error.name),
      message: text(() => error.message),
      stack: stackOf(error),
      fields: {},
    };
    this.#records.set(error, record);
    if (Object.hasOwn(error, "cause")) record.cause = this.encode(read(() => error.cause));
    const { errors, error: newer, suppressed } = hiddenFields(error);
    if (errors && Array.isArray(errors.value)) {
      const list: Thrown[] = record.errors = [];
      forEachElement(errors.value, (each) => list.push(this.encode(each)));
    }
    if (newer && suppressed) {
      record.suppression = { error: this.encode(newer.value), suppressed: this.encode(suppressed.value) };
    }
    for (const key of Object.keys(error)) {
      if (SEPARATE_FIELDS.has(key)) continue;
      const value = read(() => (error as unknown as Record<string, unknown>)[key]);
      if (typeof value === "function" || typeof value === "symbol") continue;
      // Not by assignment: a field may be called __proto__.
      define(record.fields, key, this.encode(value), true);
    }
    return record;
  }

  // User data: errors in it are replaced by bare ones, and their records listed.
  #encodeData(value: unknown): Thrown {
    if (typeof value !== "object" || value === null) return { value };
    const errors: ErrorRecord[] = [];
    try {
      const copy = copyTree(value, (part) => this.#replace(part, errors), (object, key) => {
        return read(() => (object as Record<string, unknown>)[key]);
      });
      return errors.length === 0 ? { value: copy === DROP ? undefined : copy } : { value: copy, errors };
    } catch {
      return { value: cloneable(value) }; // Too deep to be copied by parts.
    }
  }

  #replace(part: unknown, errors: ErrorRecord[]): unknown {
    if (typeof part !== "object" || part === null) return DROP;
    if (isProxy(part)) return notCloneable(part);
    if (isError(part)) {
      const record = this.record(part);
      record.target ??= part instanceof DOMException ? new DOMException(part.message, part.name) : new Error();
      errors.push(record);
      return record.target;
    }
    if (ArrayBuffer.isView(part)) return ownBytes(part);
    if (Array.isArray(part) || part instanceof Map || part instanceof Set) return DESCEND;
    const prototype = Object.getPrototypeOf(part);
    if (prototype === Object.prototype || prototype === null) return DESCEND;
    if (uncopyable(part) !== undefined) return notCloneable(part);
    return keepsClass(part) ? cloneable(part) : DESCEND;
  }
}

// `AggregateError` and `SuppressedError`, of this realm or another, have these as own fields that are not enumerable.
function hiddenFields(error: Error): Record<"errors" | "error" | "suppressed", PropertyDescriptor | undefined> {
  const hidden = (key: string) => {
    const descriptor = Object.getOwnPropertyDescriptor(error, key);
    if (!descriptor || descriptor.enumerable) return undefined;
    return { value: read(() => (error as unknown as Record<string, unknown>)[key]) };
  };
  return { errors: hidden("errors"), error: hidden("error"), suppressed: hidden("suppressed") };
}

function classesOf(error: Error): string[] {
  const names: string[] = [];
  for (
    let proto = Object.getPrototypeOf(error);
    proto && names.length < MAX_CLASSES;
    proto = Object.getPrototypeOf(proto)
  ) {
    const name = read(() => Object.hasOwn(proto, "constructor") ? proto.constructor.name : undefined);
    if (typeof name === "string" && name !== "" && name !== "Object") names.push(name);
  }
  return names;
}

function read<T>(get: () => T): T | string {
  try {
    return get();
  } catch {
    return "[unreadable: its getter throws]";
  }
}

function text(get: () => unknown): string {
  const value = read(get);
  return typeof value === "string" ? value : value === undefined ? "" : read(() => String(value));
}

// A program's `Error.prepareStackTrace` can make any value of the stack.
function stackOf(error: Error): string {
  const stack = read(() => error.stack as unknown);
  return typeof stack === "string" ? stack : `${text(() => error.name)}: ${text(() => error.message)}`;
}

// Whether structured clone makes an object of the same kind, such as a date, instead of a plain one.
function keepsClass(value: object): boolean {
  return Object.prototype.toString.call(value) !== "[object Object]" || isCloneableError(value);
}

function cloneable(value: object): unknown {
  try {
    structuredClone(value);
    return value;
  } catch {
    return notCloneable(value);
  }
}

function notCloneable(value: object): string {
  return `[not copied: ${read(() => Object.prototype.toString.call(value)).slice(8, -1)}]`;
}
