/**
 * What makes an object a shared one: it can be sent to other threads by structured clone, at any depth of a message.
 *
 * ```
 * sender                                          receiver
 *   { jobs: [{ lock }] }
 *            own enumerable getter  -- clone -->  { jobs: [{ lock: { "isopool:shared": { kind, version, ... } } }] }
 *            counts the crossing                  revive.ts puts a Lock over the same memory into its place
 * ```
 *
 * Structured clone drops the prototype of an instance and copies its own enumerable properties, getters called. So each
 * shared object has one such getter, which gives its {@linkcode Handle}. The call is also the cheapest way to learn that
 * a message holds a shared object at all: `encode` in revive.ts compares the count before and after.
 *
 * @module
 */

/** Version of the protocol between copies of this library: the fields of a handle and the layout of its memory. */
export const VERSION = 1;

/** Name of the getter, and of the property that arrives. */
export const KEY = "isopool:shared";

/** Marks every shared object, of whatever copy of this library. */
export const BRAND: unique symbol = Symbol.for("isopool.shared") as never;

/** What travels instead of a shared object: enough to make another one over the same memory. */
export interface Handle {
  /** Which class. */
  readonly kind: string;
  /** Which protocol. */
  readonly version: number;
  /** What the kind needs besides: memory, offsets, other shared objects. */
  readonly [field: string]: unknown;
}

/** How often a handle was read. One count for all copies of this library in the isolate. */
export interface HandleCopies {
  count: number;
}

const CROSSINGS = Symbol.for("isopool.shared.crossings");

/** The isolate's one count. */
export const handleCopies: HandleCopies =
  (globalThis as Record<symbol, unknown>)[CROSSINGS] as HandleCopies | undefined ??
    ((globalThis as Record<symbol, unknown>)[CROSSINGS] = { count: 0 } satisfies HandleCopies);

const GETTER: PropertyDescriptor = {
  enumerable: true,
  get(this: Shared): Handle {
    handleCopies.count++;
    return this[BRAND]();
  },
};

/** What all shared objects have in common: they can be sent to other threads, inside any message. */
export abstract class Shared {
  /** @ignore */
  constructor() {
    Object.defineProperty(this, KEY, GETTER);
  }

  /**
   * Gives what travels instead of this object.
   *
   * @ignore
   */
  abstract [BRAND](): Handle;

  /** @ignore */
  abstract toString(): string;

  /** Shows it for JSON. */
  toJSON(): unknown {
    return this.toString();
  }

  /** @ignore */
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }

  /** @ignore */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/** Whether a value is a shared object, of whatever copy of this library. */
export function isShared(value: unknown): value is Shared {
  return typeof value === "object" && value !== null && typeof (value as Partial<Shared>)[BRAND] === "function";
}

/** Given to a constructor in place of its first argument: make the object that this handle stands for. */
export class Arrival {
  constructor(readonly handle: Handle) {}
}

/** The handle that a constructor was given, if it was given one. */
export function handleOfArrival(argument: unknown): Handle | undefined {
  return argument instanceof Arrival ? argument.handle : undefined;
}

/** Makes an object of a kind over the memory of a handle. */
type Reviver = (handle: Handle) => Shared;

const revivers = new Map<string, Reviver>();

/** Names a kind. Each class does it for itself when its module is loaded; kinds.ts loads them all. */
export function registerKind(kind: string, type: new (first: never, second: never) => Shared): void {
  revivers.set(kind, (handle) => new type(new Arrival(handle) as never, undefined as never));
}

/** How to revive a kind, or `undefined` where it is not known. */
export function reviverOf(kind: string): Reviver | undefined {
  return revivers.get(kind);
}
