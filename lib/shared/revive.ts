/**
 * Carrying shared objects inside ordinary messages.
 *
 * ```
 * port.postMessage(encode(args))            onmessage: ({ data }) => args = decode(data)
 *
 *   { value: args, get handles() }   -- clone -->   { value, handles: false }   nothing to do
 *                                                   { value, handles: true }    walk value, revive each handle
 * ```
 *
 * Structured clone visits properties in order and in depth, so `handles` is read when all of `value` has been copied: by
 * then, every shared object in it has counted. So a message without any costs one getter, and only one with some is
 * walked on arrival. A count that moved for another reason, because something else was copied in between, costs a walk
 * and nothing else.
 *
 * An envelope may be cloned more than once on its way (a snapshot first, a message later).
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { show } from "../core/validate.ts";
import { type Handle, handleCopies, KEY, reviverOf, type Shared, VERSION } from "./handle.ts";

/** What is cloned instead of a value. */
export interface Envelope {
  readonly value: unknown;
  /** Whether there may be shared objects in it. */
  readonly handles: boolean;
}

/** Wraps a value for one structured clone, or for several in a row. */
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
 * Unwraps a value that has been cloned. Shared objects are in their places again; one that was in several is one object.
 *
 * @throws {IsopoolError} If a shared object is of a kind or protocol that this copy of the library does not know.
 */
export function decode(envelope: Envelope): unknown {
  return envelope.handles ? revive(envelope.value) : envelope.value;
}

type Wrapped = { readonly [KEY]: Handle };

// Arrays and plain objects, Maps and Sets, errors with a cause: all that structured clone can put a handle into.
function revive(root: unknown): unknown {
  const revived = new Map<object, Shared>();
  const seen = new Set<object>();
  const open: object[] = [];

  function visit(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (isWrapped(value)) return reviveOne(value, revived);
    if (!seen.has(value)) {
      seen.add(value);
      open.push(value);
    }
    return value;
  }

  const result = visit(root);
  for (let each = open.pop(); each !== undefined; each = open.pop()) visitParts(each, visit);
  return result;
}

function visitParts(whole: object, visit: (value: unknown) => unknown): void {
  if (Array.isArray(whole)) {
    for (let i = 0; i < whole.length; i++) {
      const part = whole[i];
      if (typeof part === "object" && part !== null) whole[i] = visit(part);
    }
  } else if (whole instanceof Map) {
    const entries = [...whole].map(([key, value]) => [visit(key), visit(value)]);
    // Refilled, not patched: a revived key would move to the end.
    whole.clear();
    for (const [key, value] of entries) whole.set(key, value);
  } else if (whole instanceof Set) {
    const values = [...whole].map(visit);
    whole.clear();
    for (const value of values) whole.add(value);
  } else if (whole instanceof Error) {
    if (Object.hasOwn(whole, "cause")) whole.cause = visit(whole.cause);
  } else if (Object.getPrototypeOf(whole) === Object.prototype) {
    const object = whole as Record<string, unknown>;
    // Nothing is inherited that this could list, and it makes no list.
    for (const key in object) {
      const part = object[key];
      if (typeof part === "object" && part !== null) object[key] = visit(part);
    }
  }
}

function isWrapped(value: object): value is Wrapped {
  const handle = (value as Partial<Wrapped>)[KEY];
  return typeof handle === "object" && handle !== null && typeof handle.kind === "string";
}

function reviveOne(wrapped: Wrapped, revived: Map<object, Shared>): Shared {
  const known = revived.get(wrapped);
  if (known !== undefined) return known;
  const handle: Record<string, unknown> & Handle = wrapped[KEY];
  if (handle.version !== VERSION) {
    throw new IsopoolError(
      `Cannot receive shared object: it comes from a copy of isopool with protocol ${show(handle.version)}, this one ` +
        `has ${VERSION}: use the same version on both sides`,
    );
  }
  const reviver = reviverOf(handle.kind);
  if (reviver === undefined) {
    throw new IsopoolError(`Cannot receive shared object: this copy of isopool knows no kind ${show(handle.kind)}`);
  }
  // Objects that are made of others: a condition has a lock.
  const parts: Record<string, unknown> & Handle = { ...handle };
  for (const key of Object.keys(parts)) {
    const part = parts[key];
    if (typeof part === "object" && part !== null && isWrapped(part)) {
      (parts as Record<string, unknown>)[key] = reviveOne(part, revived);
    }
  }
  const object = reviver(parts);
  revived.set(wrapped, object);
  return object;
}
