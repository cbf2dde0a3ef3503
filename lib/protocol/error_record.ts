/**
 * Errors as plain data.
 *
 * Structured clone keeps the built-in classes with message, stack and cause, and loses everything else: custom names,
 * codes and fields, `AggregateError.errors`, `Deno.errors.*`; and it throws at a single cause that cannot be cloned. A
 * record keeps everything, and decoding it cannot fail.
 *
 * @module
 */
import * as isopool from "../core/errors.ts";

/** What was thrown: an error as a record, or any other value as it is. */
export type Thrown = { error: ErrorRecord } | { value: unknown };

/** An error, as plain data. */
export interface ErrorRecord {
  /** Names of the error's classes, most derived first. The decoder takes the first that it has. */
  classes: string[];
  name: string;
  message: string;
  stack: string;
  cause?: Thrown;
  /** `AggregateError.errors`. */
  errors?: Thrown[];
  /** `SuppressedError.error` and `.suppressed`. */
  suppression?: { error: Thrown; suppressed: Thrown };
  /** Own enumerable fields, `code` among them. */
  fields: Record<string, Thrown>;
}

/** The fields that a record has apart from the others. */
const SEPARATE_FIELDS = new Set(["name", "message", "stack", "cause", "errors", "error", "suppressed"]);

/** Encodes what was thrown. A field that cannot be cloned becomes a string that says so. */
export function encodeThrown(thrown: unknown): Thrown {
  try {
    return encode(thrown, new Map());
  } catch {
    return { value: "[cannot cross: it cannot be read]" };
  }
}

/** Whether `value` is an error of any realm, a DOMException included. */
export function isError(value: unknown): value is Error {
  return Error.isError(value) || value instanceof Error;
}

function encode(thrown: unknown, seen: Map<Error, ErrorRecord>): Thrown {
  if (!isError(thrown)) return { value: cloneable(thrown) };
  const known = seen.get(thrown);
  if (known) return { error: known };
  const record: ErrorRecord = {
    classes: classesOf(thrown),
    name: text(() => thrown.name),
    message: text(() => thrown.message),
    stack: text(() => thrown.stack),
    fields: {},
  };
  seen.set(thrown, record);
  if (Object.hasOwn(thrown, "cause")) record.cause = encode(read(() => thrown.cause), seen);
  if (thrown instanceof AggregateError) {
    const errors = read(() => thrown.errors);
    record.errors = Array.isArray(errors) ? errors.map((error) => encode(error, seen)) : [];
  }
  if (thrown instanceof SuppressedError) {
    record.suppression = {
      error: encode(read(() => thrown.error), seen),
      suppressed: encode(read(() => thrown.suppressed), seen),
    };
  }
  for (const key of Object.keys(thrown)) {
    if (SEPARATE_FIELDS.has(key)) continue;
    const value = encode(read(() => (thrown as unknown as Record<string, unknown>)[key]), seen);
    // Not by assignment: a field may be called __proto__.
    Object.defineProperty(record.fields, key, { value, enumerable: true });
  }
  return { error: record };
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

function cloneable(value: unknown): unknown {
  if (typeof value !== "object" || value === null) {
    return typeof value === "function" || typeof value === "symbol" ? `[cannot cross: a ${typeof value}]` : value;
  }
  try {
    structuredClone(value);
    return value;
  } catch {
    return `[cannot cross: ${Object.prototype.toString.call(value).slice(8, -1)}]`;
  }
}

/**
 * Decodes what {@linkcode encodeThrown} has encoded. A hostile worker can send any data instead: decoding does not
 * throw, takes bounded time, and returns an error or plain data.
 */
export function decodeThrown(thrown: unknown): unknown {
  return decode(thrown, { seen: new Map(), remaining: MAX_ERRORS }, 0);
}

/** Maximum number of errors in one record, and of levels of nesting. Errors beyond become a string that says so. */
const MAX_ERRORS = 10_000;
const MAX_DEPTH = 1_000;
/** Maximum number of class names in one record. */
const MAX_CLASSES = 16;

interface Decoding {
  readonly seen: Map<unknown, Error>;
  remaining: number;
}

function decode(thrown: unknown, decoding: Decoding, depth: number): unknown {
  if (!isPlain(thrown)) return undefined;
  const { error: record } = thrown;
  if (!isPlain(record)) return Object.hasOwn(thrown, "value") ? thrown.value : undefined;
  const known = decoding.seen.get(record);
  if (known) return known;
  if (depth > MAX_DEPTH || decoding.remaining-- <= 0) return "[cut off: too many errors in one]";
  const error = create(record);
  decoding.seen.set(record, error);
  const defineHidden = (key: string, value: unknown) =>
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
  const inner = (each: unknown) => decode(each, decoding, depth + 1);
  if (error.name !== record.name) defineHidden("name", string(record.name));
  defineHidden("stack", string(record.stack));
  if (record.cause) defineHidden("cause", inner(record.cause));
  if (Array.isArray(record.errors)) defineHidden("errors", take(record.errors, MAX_ERRORS).map(inner));
  if (isPlain(record.suppression)) {
    defineHidden("error", inner(record.suppression.error));
    defineHidden("suppressed", inner(record.suppression.suppressed));
  }
  if (!isPlain(record.fields)) return error;
  for (const key of Object.keys(record.fields)) {
    if (SEPARATE_FIELDS.has(key)) continue;
    Object.defineProperty(error, key, {
      value: inner(record.fields[key]),
      writable: true,
      configurable: true,
      enumerable: true,
    });
  }
  return error;
}

function create({ classes, name, message }: Record<string, unknown>): Error {
  const text = string(message);
  for (const each of Array.isArray(classes) ? take(classes, MAX_CLASSES) : []) {
    if (each === "DOMException") return new DOMException(text, string(name));
    const known = ERROR_CLASSES.get(each as string);
    // A real error, which has the internal slot that Error.isError() checks, and then the prototype of its class: the
    // constructors of these classes take different arguments.
    if (known) return Object.setPrototypeOf(new Error(text), known.prototype);
  }
  return new Error(text);
}

// By hand: slice() and map() read the array's `constructor`, which may be a forged field.
function take(array: unknown[], max: number): unknown[] {
  const found: unknown[] = [];
  for (let at = 0; at < array.length && at < max; at++) found.push(array[at]);
  return found;
}

// Arrays and buffers are not plain here: they can have any number of keys.
function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
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
