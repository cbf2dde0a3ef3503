/**
 * Carries shared objects inside ordinary messages: `encode` wraps a value, `decode` makes its shared objects again.
 *
 * ```
 * port.postMessage(encode(args))            onmessage: ({ data }) => args = decode(data)
 *
 *   { value: args, get handles() }   -- clone -->   { value, handles: false }   nothing to do
 *                                                   { value, handles: true }    walk value, revive each handle
 * ```
 *
 * Structured clone visits properties in order and depth first, so it reads `handles` after it has copied all of `value`:
 * every shared object in `value` has been counted by then. A message without shared objects costs one getter call; the
 * receiver walks only messages with shared objects. If something else was copied in between, the count has moved without
 * need, which costs a walk and nothing else.
 *
 * An envelope may be cloned several times on its way (first as a snapshot, then in a message).
 *
 * @module
 */
import { IsopoolError } from "../core/base_error.ts";
import { forEachElement } from "../core/elements.ts";
import { show } from "../core/validate.ts";
import { type Handle, handleCopies, KEY, REMOTE, type Reviver, reviverOf, VERSION } from "./handle.ts";

/** The object that is cloned in place of a value. */
export interface Envelope {
  readonly value: unknown;
  /** Whether the value may contain shared objects. */
  readonly handles: boolean;
}

/** Wraps a value for one structured clone, or for several in a row. The clone of the result has the `handles` flag. */
export function encode(value: unknown): Envelope {
  const before = handleCopies.count;
  return {
    value,
    get handles() {
      return handleCopies.count !== before;
    },
  };
}

/**
 * Unwraps a value that has been cloned, and puts its shared objects in their places again. An object that was in several
 * places is one object.
 *
 * @param reviverFor Returns how to make an object of a handle; `undefined` if it must not be made.
 * @throws {IsopoolError} If this copy of the library does not support the kind or the protocol of a shared object.
 */
export function decode(envelope: Envelope, reviverFor: ReviverFor = ({ kind }) => reviverOf(kind)): unknown {
  return envelope.handles ? revive(envelope.value, reviverFor) : envelope.value;
}

/** Returns how to make an object of a handle. */
export type ReviverFor = (handle: Handle) => Reviver | undefined;

/** Why an object of another process goes no further. */
export const ONE_STEP =
  "it belongs to the script that started this worker process, and this process cannot pass it on to a pool or Process of " +
  "its own: send what it holds";

// Taken at load: the program can replace it later.
const { isError } = Error;

/** The copy of a shared object. */
export type Wrapped = { readonly [KEY]: Handle };

// Visits arrays, plain objects, Maps, Sets and the fields of errors: everything in which structured clone can put a handle.
function revive(root: unknown, reviverFor: ReviverFor, revived: Map<object, object> = new Map()): unknown {
  const seen = new Set<object>();
  const pending: object[] = [];

  function visit(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (isWrapped(value)) return reviveOne(value, reviverFor, revived);
    if (!seen.has(value)) {
      seen.add(value);
      pending.push(value);
    }
    return value;
  }

  const result = visit(root);
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) visitParts(next, visit);
  return result;
}

function visitParts(container: object, visit: (value: unknown) => unknown): void {
  if (Array.isArray(container)) {
    forEachElement(container, (part, i) => {
      if (typeof part === "object" && part !== null) container[i] = visit(part);
    });
  } else if (container instanceof Map) {
    const entries = [...container].map(([key, value]) => [visit(key), visit(value)]);
    // The Map is filled anew: a key that was replaced in place would move to the end.
    container.clear();
    for (const [key, value] of entries) container.set(key, value);
  } else if (container instanceof Set) {
    const values = [...container].map(visit);
    container.clear();
    for (const value of values) container.add(value);
  } else if (isError(container)) {
    const error = container as unknown as Record<string, unknown>;
    for (const key of ["cause", "errors", ...Object.keys(error)]) {
      if (Object.hasOwn(error, key)) error[key] = visit(error[key]);
    }
  } else if (Object.getPrototypeOf(container) === Object.prototype) {
    const object = container as Record<string, unknown>;
    // `for in` allocates no list of keys. It also visits what the program has added to Object.prototype.
    for (const key in object) {
      const part = object[key];
      if (typeof part === "object" && part !== null && Object.hasOwn(object, key)) object[key] = visit(part);
    }
  }
}

/** Whether a value is the copy of a shared object. */
export function isWrapped(value: object): value is Wrapped {
  const handle = (value as Partial<Wrapped>)[KEY];
  return typeof handle === "object" && handle !== null && typeof handle.kind === "string";
}

function reviveOne(wrapped: Wrapped, reviverFor: ReviverFor, revived: Map<object, object>): object {
  const existing = revived.get(wrapped);
  if (existing !== undefined) return existing;
  const handle: Record<string, unknown> & Handle = wrapped[KEY];
  if (handle.version !== VERSION) {
    throw new IsopoolError(
      `Cannot receive shared object: it comes from a copy of isopool with protocol ${show(handle.version)}, this one ` +
        `has ${VERSION}: use the same version on both sides`,
    );
  }
  const reviver = reviverFor(handle);
  if (reviver === undefined) {
    if (handle.kind === REMOTE) throw new IsopoolError(`Cannot receive shared object: ${ONE_STEP}`);
    throw new IsopoolError(
      `Cannot receive shared object: this copy of isopool has no kind ${show(handle.kind)}: use the same version on ` +
        "both sides",
    );
  }
  // The fields of a handle may be shared objects too: a condition has a lock.
  const parts: Record<string, unknown> & Handle = { ...handle };
  for (const key of Object.keys(parts)) {
    const part = parts[key];
    if (typeof part === "object" && part !== null && isWrapped(part)) {
      (parts as Record<string, unknown>)[key] = reviveOne(part, reviverFor, revived);
    }
  }
  const object = reviver(parts, (value) => revive(value, reviverFor, revived));
  revived.set(wrapped, object);
  return object;
}
