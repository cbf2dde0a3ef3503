/**
 * Objects of a user's own class: which of its methods can be called, and the proxies that call them.
 *
 * ```
 * class Counter { add(n) {...}  #n  _hidden() {...} }      methodsOf: Map { "add" -> function }
 *                                                          its proxy has a function `add`, and nothing else
 * ```
 *
 * A client's word is looked up in that table and nowhere else: `constructor`, `__proto__`, getters, fields, what is
 * private or inherited from `Object` are not in it.
 *
 * @module
 */
import { bad } from "../core/validate.ts";
import { BRAND, type Handle, handleOfArrival, registerKind, type Shared } from "../shared/handle.ts";
import { invoke, ManagedProxy, type Origin } from "./proxy.ts";

const KIND = "manager.object";

/** Methods of a proxy itself; and `then`, which would make a promise of it. */
const REFUSED = ["transaction", "then"];
const OWN = new Set(["constructor", "toString", "toJSON", "transaction", "then", "__proto__"]);

// deno-lint-ignore no-explicit-any -- of any parameters
type Method = (...args: any[]) => unknown;

/** A class that can be registered. */
// deno-lint-ignore no-explicit-any -- of any parameters
export type AnyClass = new (...args: any[]) => object;

/**
 * How the result of a method arrives: an object that has methods as a proxy (its class is to be registered), all that
 * structured clone copies as what it is.
 *
 * @typeParam R What the method gives.
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
 * The proxy of an object of class `T`: its public methods, each of which gives a promise.
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
 * The methods of a class and of those it extends.
 *
 * @throws {TypeError} If one has a name that the proxy needs itself.
 */
export function methodsOf(type: AnyClass): Methods {
  const methods = new Map<string, Method>();
  for (let each = type.prototype; each !== null && each !== Object.prototype; each = Object.getPrototypeOf(each)) {
    for (const name of Object.getOwnPropertyNames(each)) {
      if (REFUSED.includes(name)) {
        throw new TypeError(
          `Cannot register ${type.name}: its proxy cannot have a method \`${name}\`: give it another name`,
        );
      }
      const { value } = Object.getOwnPropertyDescriptor(each, name)!;
      if (typeof value !== "function" || OWN.has(name) || name.startsWith("_") || methods.has(name)) continue;
      methods.set(name, value as Method);
    }
  }
  return methods;
}

/** A class that a manager knows. */
export class Registration {
  readonly methods: Methods;
  readonly name: string;

  constructor(type: AnyClass) {
    if (typeof type !== "function" || typeof type.prototype !== "object" || type.prototype === null) {
      throw bad("register class", "type", type, "a class", false);
    }
    this.name = type.name;
    this.methods = methodsOf(type);
  }
}

/** Stands for an object of a registered class. */
export class ObjectProxy extends ManagedProxy {
  readonly #type: string;
  readonly #methods: readonly string[];

  constructor(from: unknown, given?: Registration) {
    const type = given ?? described(from);
    super(from, KIND, type.name);
    this.#type = type.name;
    this.#methods = [...type.methods.keys()];
    for (const method of this.#methods) {
      if (OWN.has(method)) continue;
      const call = (...args: unknown[]) => invoke(this, method, args);
      Object.defineProperty(this, method, { value: call, enumerable: false });
    }
  }

  override [BRAND](): Handle {
    return { ...super[BRAND](), type: this.#type, methods: this.#methods };
  }
}

// What a handle says of a class, wherever it comes from.
function described(from: unknown): Pick<Registration, "name"> & { methods: ReadonlyMap<string, unknown> } {
  const { type, methods }: Partial<Handle> = handleOfArrival(from) ?? {};
  return {
    name: String(type),
    methods: new Map((Array.isArray(methods) ? methods : []).map((each) => [String(each), 0])),
  };
}

/** Makes the proxy of a registered object. */
export function proxyOf<T>(origin: Origin, type: Registration): Proxied<T> {
  return new ObjectProxy(origin, type) as unknown as Proxied<T>;
}

registerKind(KIND, ObjectProxy);
