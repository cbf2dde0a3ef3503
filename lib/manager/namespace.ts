/**
 * Namespaces of a manager.
 *
 * @module
 */
import { registerKind } from "../shared/handle.ts";
import { invoke, ManagedProxy } from "./proxy.ts";

const KIND = "manager.namespace";

/**
 * A set of typed properties that live on the thread of a {@linkcode Manager}. Python's `ns.x = 1` is
 * `await ns.set("x", 1)`: here one sees where a round trip is.
 *
 * @typeParam T Names and types of the properties.
 *
 * @example Settings for all
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Manager } from "@isopool/isopool";
 *
 * using manager = new Manager();
 * const settings = manager.namespace({ host: "a", port: 80 });
 * await settings.set("port", 8080);
 * assertEquals(await settings.toObject(), { host: "a", port: 8080 });
 * ```
 */
export class NamespaceProxy<T extends object> extends ManagedProxy {
  /** @ignore */
  constructor(from: unknown) {
    super(from, KIND, "NamespaceProxy");
  }

  /** Gives a property. */
  get<K extends keyof T & string>(name: K): Promise<T[K]> {
    return invoke(this, "get", [name]) as Promise<T[K]>;
  }

  /** Sets a property. */
  set<K extends keyof T & string>(name: K, value: T[K]): Promise<void> {
    return invoke(this, "set", [name, value]) as Promise<void>;
  }

  /** Removes a property; says whether it was there. */
  delete(name: keyof T & string): Promise<boolean> {
    return invoke(this, "delete", [name]) as Promise<boolean>;
  }

  /** Sets several properties at once. */
  async assign(properties: Partial<T>): Promise<void> {
    await invoke(this, "update", [Object.entries(properties)]);
  }

  /** All properties as they are now. */
  async toObject(): Promise<T> {
    return Object.fromEntries(await invoke(this, "entries", []) as [string, unknown][]) as T;
  }
}

registerKind(KIND, NamespaceProxy);
