/**
 * Makes errors of their records. A hostile worker can send any data instead: decoding does not throw, takes time in
 * proportion to the message, and returns errors or plain data.
 *
 * @module
 */
import { define } from "../core/define.ts";
import { forEachElement } from "../core/elements.ts";
import * as isopool from "../core/errors.ts";
import { DOMException } from "../core/platform.ts";
import { isCloneableError, MAX_CLASSES, SEPARATE_FIELDS } from "./thrown.ts";

/** Maximum number of errors in one record, and of levels of nesting. Errors beyond become a string that says so. */
const MAX_ERRORS = 10_000;
const MAX_DEPTH = 1_000;

/** Decodes what `encodeThrown` has encoded. */
export function decodeThrown(thrown: unknown): unknown {
  return new Decoder().decode(thrown, 0);
}

/** Decodes records. An error that occurs in several of them is one object. */
export function decodeRecords(records: unknown): unknown[] {
  const decoder = new Decoder();
  const errors: unknown[] = [];
  if (Array.isArray(records)) forEachElement(records, (record) => errors.push(decoder.decodeNext(record)));
  return errors;
}

/** Completes the errors inside of a value that was cloned, by the records that came with it. */
export function restoreErrors(records: unknown): void {
  new Decoder().restoreAll(records, 0);
}

class Decoder {
  readonly #seen = new Map<unknown, Error>();
  // Each list, and the fields of each record, are read once: many records can share one, and the time would multiply.
  readonly #read = new Set<object>();
  #remaining = MAX_ERRORS;

  decode(thrown: unknown, depth: number): unknown {
    if (!isPlain(thrown)) return undefined;
    const record = own(thrown, "error");
    if (isPlain(record)) return this.#restore(record, depth) ?? "[cut off: too many errors in one]";
    this.restoreAll(own(thrown, "errors"), depth);
    return own(thrown, "value");
  }

  /** Decodes one of several records. A value may have any number of them, so the message limits the time. */
  decodeNext(error: unknown): unknown {
    this.#remaining = MAX_ERRORS;
    return this.decode({ error }, 0);
  }

  restoreAll(records: unknown, depth: number): void {
    if (!Array.isArray(records) || !this.#isNew(records)) return;
    forEachElement(records, (record) => {
      // A value may have any number of errors. Each of them is restored once, so the message limits the time.
      if (depth === 0) this.#remaining = MAX_ERRORS;
      if (isPlain(record)) this.#restore(record, depth);
    });
  }

  #restore(record: Record<string, unknown>, depth: number): Error | undefined {
    const known = this.#seen.get(record);
    if (known) return known;
    if (depth > MAX_DEPTH || this.#remaining-- <= 0) return undefined;
    const error = create(record);
    this.#seen.set(record, error);
    const { name, stack } = record;
    if (error.name !== name) define(error, "name", string(name), false);
    define(error, "stack", string(stack), false);
    const inner = (each: unknown) => this.decode(each, depth + 1);
    if (own(record, "cause")) define(error, "cause", inner(record.cause), false);
    const errors = own(record, "errors");
    if (Array.isArray(errors)) {
      define(error, "errors", this.#isNew(errors) ? take(errors, MAX_ERRORS).map(inner) : [], false);
    }
    const suppression = own(record, "suppression");
    if (isPlain(suppression)) {
      define(error, "error", inner(own(suppression, "error")), false);
      define(error, "suppressed", inner(own(suppression, "suppressed")), false);
    }
    const fields = own(record, "fields");
    if (!isPlain(fields) || !this.#isNew(fields)) return error;
    for (const key of Object.keys(fields)) {
      if (!SEPARATE_FIELDS.has(key)) define(error, key, inner(fields[key]), true);
    }
    return error;
  }

  #isNew(part: object): boolean {
    const { size } = this.#read;
    return this.#read.add(part).size > size;
  }
}

// A real error, which has the internal slot that Error.isError() checks, and then the prototype of its class: the
// constructors of these classes take different arguments.
function create(record: Record<string, unknown>): Error {
  const message = string(own(record, "message"));
  const target = own(record, "target");
  if (isCloneableError(target)) {
    if (!(target instanceof DOMException)) {
      if (isDOMException(record)) return toDOMException(target as Error, message, string(own(record, "name")));
      setClass(target as Error, record);
      if ((target as Error).message !== message) define(target as Error, "message", message, false);
    }
    return target as Error;
  }
  if (isDOMException(record)) return new DOMException(message, string(own(record, "name")));
  return setClass(new Error(message), record);
}

function isDOMException(record: Record<string, unknown>): boolean {
  const classes = own(record, "classes");
  return Array.isArray(classes) && take(classes, MAX_CLASSES).includes("DOMException");
}

// From another process, a DOMException comes as an error without a class, and is the same object in other places of the
// value. It has no internal state of its own, so its fields become properties.
function toDOMException(error: Error, message: string, name: string): Error {
  define(error, "name", name, false);
  define(error, "message", message, false);
  define(error, "code", new DOMException("", name).code, false);
  return Object.setPrototypeOf(error, DOMException.prototype);
}

function setClass(error: Error, record: Record<string, unknown>): Error {
  const classes = own(record, "classes");
  for (const each of Array.isArray(classes) ? take(classes, MAX_CLASSES) : []) {
    const known = ERROR_CLASSES.get(each as string);
    if (known) return Object.setPrototypeOf(error, known.prototype);
  }
  return error;
}

// The elements that a list has. By hand: slice() and map() read the list's `constructor`, which may be a forged field.
function take(list: unknown[], max: number): unknown[] {
  const found: unknown[] = [];
  forEachElement(list, (element) => {
    if (found.length < max) found.push(element);
  });
  return found;
}

// Arrays and buffers are not plain here: they can have any number of keys.
function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

// Not by plain access: a record without a cause must not get one that the program has given to Object.prototype.
function own(object: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}

const ERROR_CLASSES = new Map<string, { prototype: Error }>([
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
  AggregateError,
  SuppressedError,
  ...Object.values(Deno.errors),
  ...Object.values(isopool),
].map((known) => [known.name, known as { prototype: Error }]));
