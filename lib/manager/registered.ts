/**
 * Objects of registered classes: which methods of a class clients can call, and the proxies that call them.
 *
 * ```
 * class Account { deposit(n) {...}  #n  _hidden() {...} }      methodsOf: Map { "deposit" -> function }
 *                                                              its proxy has a function `deposit`, and nothing else
 * ```
 *
 * The manager looks up the method of a request in that table and nowhere else. A hostile client could otherwise call
 * `constructor`, `__proto__`, getters, fields, or what is private or inherited from `Object`.
 *
 * @module
 */
import { define } from "../core/define.ts";
import { isDense } from "../core/elements.ts";
import { badOption, refusal } from "../core/validate.ts";
import { BRAND, type Handle, handleOfArrival, registerKind, type Shared } from "../shared/handle.ts";
import { invoke, ManagedProxy, type Origin } from "./proxy.ts";

const KIND = "manager.object";

/** Names that no method can have: the proxy itself has `transaction`, and with `then` it would be a thenable. */
const REFUSED = ["transaction", "then"];
/** Names that are never forwarded. */
const NOT_FORWARDED = new Set(["constructor", "toString", "toJSON", "transaction", "then", "__proto__"]);

// deno-lint-ignore no-explicit-any -- of any parameters
type Method = (...args: any[]) => unknown;

/** A class that can be registered. */
// deno-lint-ignore no-explicit-any -- of any parameters
export type AnyClass = new (...args: any[]) => object;

/**
 * Type of a result as it arrives: an object with methods arrives as a proxy (its class must be registered), all other
 * values as copies.
 *
 * @typeParam R Type that the method returns.
 */
export type Returned<R> = R extends
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | Date
  | RegExp
  | Error
  | Blob
  | ArrayBufferLike
  | ArrayBufferView
  | readonly unknown[]
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | Shared ? R
  : R extends object ? keyof Proxied<R> extends keyof ManagedProxy ? R : Proxied<R>
  : R;

/**
 * The proxy of an object of class `T`: the public methods of the class, each of which returns a promise.
 *
 * @typeParam T Class of the object.
 */
export type Proxied<T> =
  & ManagedProxy
  & {
    [
      K in keyof T as T[K] extends (...args: never) => unknown
        ? K extends "transaction" | "then" | "toString" | "toJSON" | `_${string}` | symbol ? never : K
        : never
    ]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Returned<Awaited<R>>> : never;
  };

/** The methods that clients can call, by name. */
export type Methods = ReadonlyMap<string, Method>;

/**
 * Returns the methods of a class and of the classes that it extends.
 *
 * @throws {TypeError} If a method has a name that the proxy itself needs.
 */
export function methodsOf(type: AnyClass): Methods {
  const methods = new Map<string, Method>();
  for (let each = type.prototype; each !== null && each !== Object.prototype; each = Object.getPrototypeOf(each)) {
    for (const name of Object.getOwnPropertyNames(each)) {
      if (REFUSED.includes(name)) {
        throw refusal(
          `Cannot register ${type.name}: its proxy cannot have a method \`${name}\`: give it another name`,
        );
      }
      const { value } = Object.getOwnPropertyDescriptor(each, name)!;
      if (typeof value !== "function" || NOT_FORWARDED.has(name) || name.startsWith("_") || methods.has(name)) continue;
      methods.set(name, value as Method);
    }
  }
  return methods;
}

/** A registered class. */
export class Registration {
  readonly methods: Methods;
  readonly name: string;

  constructor(type: AnyClass) {
    if (typeof type !== "function" || typeof type.prototype !== "object" || type.prototype === null) {
      throw badOption("register class", "type", type, "a class", false);
    }
    this.name = type.name;
    this.methods = methodsOf(type);
  }
}

/** The proxy of an object of a registered class. */
export class ObjectProxy extends ManagedProxy {
  readonly #type: string;
  readonly #methods: readonly string[];

  constructor(from: unknown, type: Described = describedIn(handleOfArrival(from))) {
    super(from, KIND, type.name);
    this.#type = type.name;
    this.#methods = [...type.methods.keys()];
    for (const method of this.#methods) {
      if (NOT_FORWARDED.has(method)) continue;
      const call = (...args: unknown[]) => invoke(this, method, args);
      define(this, method, call, false);
    }
  }

  override [BRAND](): Handle {
    return { ...super[BRAND](), type: this.#type, methods: this.#methods };
  }
}

/** A registered class, as its proxies need it. */
interface Described {
  readonly name: string;
  /** The names of its methods. */
  readonly methods: { keys(): Iterable<string> };
}

/** Returns a class as a handle describes it. A hostile thread may have written the handle: only text is taken from it. */
export function describedIn(handle: Handle | undefined): Described {
  const { type, methods }: Partial<Handle> = handle ?? {};
  const names = isDense(methods) ? methods.filter(isText) : [];
  return { name: isText(type) ? type : "object", methods: new Set(names) };
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** Creates the proxy of an object of a registered class. */
export function proxyOf<T>(origin: Origin, type: Registration): Proxied<T> {
  return new ObjectProxy(origin, type) as unknown as Proxied<T>;
}

registerKind(KIND, ObjectProxy);
