/**
 * The objects of a manager, by id, and the methods of each that clients can call.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import type { Client } from "./client.ts";
import { Origin } from "./proxy.ts";
import { type AnyClass, type Methods, methodsOf, proxyOf, Registration } from "./registered.ts";
import type { Kind } from "./requests.ts";
import { DictStore } from "./dict_store.ts";
import { ListStore } from "./list_store.ts";
import type { Undo } from "./undo.ts";
import { ValueStore } from "./value_store.ts";

/** An object that clients can call. */
export interface ServedObject {
  readonly name: string;
  readonly target: object;
  readonly methods: Methods;
  /** Names of the methods that change it. */
  readonly writes: ReadonlySet<string>;
  /** Whether it is a store: of a class of this library. Then no method is async, and none calls another object. */
  readonly isStore: boolean;
  /** Returns how to restore its current state; `undefined` for an object of a registered class. */
  undo(): Undo | undefined;
}

/** The classes of the objects that a client can make. */
export const STORES: Record<Kind, typeof ListStore | typeof DictStore | typeof ValueStore> = {
  list: ListStore,
  dict: DictStore,
  namespace: DictStore,
  value: ValueStore,
};

function storeMethods(type: AnyClass): Methods {
  const methods = new Map(methodsOf(type));
  methods.delete("undo");
  return methods;
}

const METHODS = Object.fromEntries(
  Object.entries(STORES).map(([kind, type]) => [kind, storeMethods(type)]),
) as Record<Kind, Methods>;

const NO_WRITES: ReadonlySet<string> = new Set();

/** The objects of a manager. */
export class Objects {
  readonly #client: Client;
  readonly #objects = new Map<number, ServedObject>();
  // By prototype.
  readonly #types = new Map<object, Registration>();
  readonly #ids = new WeakMap<object, number>();

  /** @param client The client of the manager's own thread. */
  constructor(client: Client) {
    this.#client = client;
  }

  /** Registers a class, so that clients can call its objects. Registering it again does nothing. */
  register(type: AnyClass): Registration {
    const known = typeof type === "function" ? this.#types.get(type.prototype) : undefined;
    if (known !== undefined) return known;
    const registration = new Registration(type);
    this.#types.set(type.prototype, registration);
    return registration;
  }

  /** Creates an object of a class of this library. */
  make(id: number, kind: Kind, initial: unknown): void {
    if (!Object.hasOwn(STORES, kind) || this.#objects.has(id)) return;
    const store = new STORES[kind](initial);
    this.#objects.set(id, {
      name: kind,
      target: store,
      methods: METHODS[kind],
      writes: (store.constructor as typeof ListStore).writes,
      isStore: true,
      undo: () => store.undo(),
    });
  }

  /** Adds an object of a registered class; returns its proxy. */
  add(object: object, type: Registration): object {
    let id = this.#ids.get(object);
    if (id === undefined) {
      id = this.#client.newId();
      this.#ids.set(object, id);
    }
    if (!this.#objects.has(id)) {
      const { name, methods } = type;
      this.#objects.set(id, {
        name,
        target: object,
        methods,
        writes: NO_WRITES,
        isStore: false,
        undo: () => undefined,
      });
    }
    return proxyOf(new Origin(this.#client, id), type);
  }

  /** Returns what to send for a result: a proxy for an object of a registered class, otherwise the result. */
  exported(result: unknown): unknown {
    if (this.#types.size === 0 || typeof result !== "object" || result === null) return result;
    const type = this.#types.get(Object.getPrototypeOf(result));
    return type === undefined ? result : this.add(result, type);
  }

  /**
   * Returns the object with this id.
   *
   * @throws {IsopoolError} If there is none.
   */
  get(id: number): ServedObject {
    const served = this.#objects.get(id);
    if (served !== undefined) return served;
    throw new IsopoolError("Cannot call object of Manager: it was forgotten, by Manager.forget()");
  }

  /** Forgets an object. */
  forget(id: number): void {
    this.#objects.delete(id);
  }

  /** Forgets all objects. */
  clear(): void {
    this.#objects.clear();
  }
}
