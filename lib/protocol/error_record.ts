/**
 * Errors as plain data. Structured clone keeps the built-in classes with message, stack and cause, and loses all else:
 * custom names, codes and fields, `AggregateError.errors`, `Deno.errors.*`; and one uncloneable cause makes it throw.
 * A record keeps everything, and decoding it cannot fail.
 *
 * @module
 */
import * as isopool from "../core/errors.ts";

/** What was thrown: an error as a record, or any other value as it is. */
export type Thrown = { error: ErrorRecord } | { value: unknown };

/** An error, as plain data. */
export interface ErrorRecord {
  /** Names of the error's classes, most derived first; the first one known on the other side is used. */
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

const OWN = new Set(["name", "message", "stack", "cause", "errors", "error", "suppressed"]);

/** Encodes what was thrown. Fields that cannot be cloned become a string that says so. */
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
    if (OWN.has(key)) continue;
    const value = encode(read(() => (thrown as unknown as Record<string, unknown>)[key]), seen);
    // Not by assignment: a field may be called __proto__.
    Object.defineProperty(record.fields, key, { value, enumerable: true });
  }
  return { error: record };
}

function classesOf(error: Error): string[] {
  const names: string[] = [];
  for (let proto = Object.getPrototypeOf(error); proto && names.length < 16; proto = Object.getPrototypeOf(proto)) {
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
 * Turns {@linkcode encodeThrown}'s data back into what was thrown. Whatever the data is, it neither throws nor takes long,
 * and what it makes is an error or plain data.
 */
export function decodeThrown(thrown: unknown): unknown {
  return decode(thrown, { seen: new Map(), left: MOST_ERRORS }, 0);
}

/** Most errors in one record, and how deep they may be nested; what is beyond becomes a string that says so. */
const MOST_ERRORS = 10_000;
const DEEPEST = 1_000;
/** Most classes that are looked at. */
const MOST_CLASSES = 16;

interface Decoding {
  readonly seen: Map<unknown, Error>;
  left: number;
}

function decode(thrown: unknown, decoding: Decoding, depth: number): unknown {
  if (!isPlain(thrown)) return undefined;
  const { error: record } = thrown;
  if (!isPlain(record)) return Object.hasOwn(thrown, "value") ? thrown.value : undefined;
  const known = decoding.seen.get(record);
  if (known) return known;
  if (depth > DEEPEST || decoding.left-- <= 0) return "[cut off: too many errors in one]";
  const error = create(record);
  decoding.seen.set(record, error);
  const hidden = (key: string, value: unknown) =>
    Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
  const inner = (each: unknown) => decode(each, decoding, depth + 1);
  if (error.name !== record.name) hidden("name", string(record.name));
  hidden("stack", string(record.stack));
  if (record.cause) hidden("cause", inner(record.cause));
  if (Array.isArray(record.errors)) hidden("errors", first(record.errors, MOST_ERRORS).map(inner));
  if (isPlain(record.suppression)) {
    hidden("error", inner(record.suppression.error));
    hidden("suppressed", inner(record.suppression.suppressed));
  }
  if (!isPlain(record.fields)) return error;
  for (const key of Object.keys(record.fields)) {
    if (OWN.has(key)) continue;
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
  for (const each of Array.isArray(classes) ? first(classes, MOST_CLASSES) : []) {
    if (each === "DOMException") return new DOMException(text, string(name));
    const known = KNOWN.get(each as string);
    // A real error first (it has the internal slot that Error.isError looks for), its class put on after: the
    // constructors of these classes take all sorts of arguments.
    if (known) return Object.setPrototypeOf(new Error(text), known.prototype);
  }
  return new Error(text);
}

// By hand: slice() and map() ask an array for its `constructor`, which may have come along as a field.
function first(array: unknown[], most: number): unknown[] {
  const found: unknown[] = [];
  for (let at = 0; at < array.length && at < most; at++) found.push(array[at]);
  return found;
}

// Not an array, not a buffer: their keys can be without end.
function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function string(value: unknown): string {
  return typeof value === "string" ? value : "";
}

const KNOWN = new Map<string, { prototype: Error }>([
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
