/**
 * The base class of shared objects: objects that structured clone carries to other threads, at any depth of a message.
 *
 * ```
 * sender                                          receiver
 *   { jobs: [{ lock }] }
 *            own enumerable getter  -- clone -->  { jobs: [{ lock: { "isopool:shared": { kind, version, ... } } }] }
 *            counts the copy                      revive.ts puts a Lock over the same memory in its place
 * ```
 *
 * Structured clone drops the prototype of an instance and copies its own enumerable properties: it calls getters and copies
 * their results. So each shared object has one own getter, which returns its {@linkcode Handle}. Counting the calls is also
 * the cheapest way to find out whether a message holds a shared object: `encode` in revive.ts compares the count before and
 * after.
 *
 * @module
 */
import { getter } from "../core/define.ts";
import { isA } from "../core/validate.ts";

/** Version of the protocol between copies of this library: the fields of a handle and the layout of its memory. */
export const VERSION = 1;

/** Name of the getter, and of the property in the copy. */
export const KEY = "isopool:shared";

/** Key of the method that marks a shared object, of any copy of this library. */
export const BRAND: unique symbol = Symbol.for("isopool.shared") as never;

/** The data that a message carries in place of a shared object: enough to make another one over the same memory. */
export interface Handle {
  /** Name of the class. */
  readonly kind: string;
  /** Version of the protocol. */
  readonly version: number;
  /** Fields of the kind: memory, offsets, other shared objects. */
  readonly [field: string]: unknown;
}

/** Kind of the handle of an object of another process: it has an `id` there, and the kind that it is `of` (lib/remote/). */
export const REMOTE = "remote";

/** Returns the handle that stands for a shared object in a message to another process, or throws. */
export type Exporter = (handle: Handle) => Handle;

/** The number of handles that were copied, by all copies of this library in the isolate. */
export interface HandleCopies {
  count: number;
  /** Set while a message to another process is written. */
  exporter?: Exporter;
}

const COPIES = Symbol.for("isopool.shared.copies");

/** The count of this isolate. */
export const handleCopies: HandleCopies = (globalThis as Record<symbol, unknown>)[COPIES] as HandleCopies | undefined ??
  ((globalThis as Record<symbol, unknown>)[COPIES] = { count: 0 } satisfies HandleCopies);

const GETTER = getter(function (this: Shared): Handle {
  handleCopies.count++;
  const handle = this[BRAND]();
  return handleCopies.exporter === undefined ? handle : handleCopies.exporter(handle);
});

/** Writes a message to another process: `exporter` replaces the handle of each shared object in it. */
export function exportWith<T>(exporter: Exporter, write: () => T): T {
  const outer = handleCopies.exporter;
  handleCopies.exporter = exporter;
  try {
    return write();
  } finally {
    handleCopies.exporter = outer;
  }
}

/** The base class of all shared objects. They can be sent to other threads inside any message. */
export abstract class Shared {
  /** @ignore */
  constructor() {
    Object.defineProperty(this, KEY, GETTER);
  }

  /**
   * Returns the handle of this object.
   *
   * @ignore
   */
  abstract [BRAND](): Handle;

  /** @ignore */
  abstract toString(): string;

  /** Returns the text of `toString` for JSON. */
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

/** Whether a value is a shared object, of any copy of this library. */
export function isShared(value: unknown): value is Shared {
  return typeof value === "object" && value !== null && typeof (value as Partial<Shared>)[BRAND] === "function";
}

/** A received handle: a constructor that gets it as its first argument makes the object of that handle. */
export class Arrival {
  constructor(readonly handle: Handle) {}
}

/** Returns the received handle that a constructor got as its first argument, if any. */
export function handleOfArrival(argument: unknown): Handle | undefined {
  return isA(argument, Arrival) ? argument.handle : undefined;
}

/**
 * Returns the first of the `arguments` of a constructor without parameters, if there is any. (`arguments[0]` is
 * `Object.prototype[0]` then, which a program can set.)
 */
export function firstOf(args: IArguments): unknown {
  return args.length > 0 ? args[0] : undefined;
}

/**
 * Makes the object that a handle stands for. `revive` does the same for all handles in a part of it; an object that is also
 * elsewhere in the message stays one.
 */
export type Reviver = (handle: Handle, revive: (value: unknown) => unknown) => object;

const revivers = new Map<string, Reviver>();

/** Registers the class of a kind. The module of each class does this when it is loaded; kinds.ts loads all of them. */
export function registerKind(kind: string, type: new (first: never, second: never) => Shared): void {
  registerReviver(kind, (handle) => new type(new Arrival(handle) as never, undefined as never));
}

/** Registers the function that makes the objects of a kind. */
export function registerReviver(kind: string, revive: Reviver): void {
  revivers.set(kind, revive);
}

/** Returns the function that makes objects of a kind, or `undefined` for an unknown kind. */
export function reviverOf(kind: string): Reviver | undefined {
  return revivers.get(kind);
}
