/**
 * `NamespaceProxy`: typed properties of a manager, as any thread calls them.
 *
 * @module
 */
import { registerKind } from "../shared/handle.ts";
import { checkName, propertiesOf } from "./arguments.ts";
import { invoke, ManagedProxy } from "./proxy.ts";

const KIND = "manager.namespace";

/**
 * A set of typed properties on the thread of a {@linkcode Manager}. Python's `ns.x = 1` is `await ns.set("x", 1)`: the
 * `await` shows that this is a round trip to another thread.
 *
 * **Cost.** That of a call of a {@linkcode Manager}. For properties that do not change, pass a plain object to the task.
 *
 * @typeParam T Names and types of the properties.
 */
export class NamespaceProxy<T extends object> extends ManagedProxy {
  /** @ignore */
  constructor(from: unknown) {
    super(from, KIND, "NamespaceProxy");
  }

  /**
   * Resolves to the value of a property.
   *
   * @example Read a property
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const settings = manager.namespace({ host: "a", port: 80 });
   * assertEquals(await settings.get("port"), 80);
   * ```
   */
  async get<K extends keyof T & string>(name: K): Promise<T[K]> {
    checkName("get property of namespace", name);
    return await invoke(this, "get", [name]) as T[K];
  }

  /**
   * Sets a property.
   *
   * @example Change a setting for all threads
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const settings = manager.namespace({ host: "a", port: 80 });
   * await settings.set("port", 8080);
   * assertEquals(await settings.get("port"), 8080);
   * ```
   */
  async set<K extends keyof T & string>(name: K, value: T[K]): Promise<void> {
    checkName("set property of namespace", name);
    await invoke(this, "set", [name, value]);
  }

  /**
   * Removes a property. Resolves to whether it was there.
   *
   * @example Remove a property
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const settings = manager.namespace({ host: "a", port: 80 });
   * assertEquals([await settings.delete("port"), await settings.toObject()], [true, { host: "a" }]);
   * ```
   */
  async delete(name: keyof T & string): Promise<boolean> {
    checkName("delete property of namespace", name);
    return await invoke(this, "delete", [name]) as boolean;
  }

  /**
   * Sets several properties in one call.
   *
   * @example Change two settings at once
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const settings = manager.namespace({ host: "a", port: 80 });
   * await settings.assign({ host: "b", port: 81 });
   * assertEquals(await settings.toObject(), { host: "b", port: 81 });
   * ```
   */
  async assign(properties: Partial<T>): Promise<void> {
    await invoke(this, "update", [propertiesOf("assign to namespace", "properties", properties)]);
  }

  /**
   * Resolves to a copy of all properties.
   *
   * @example Copy all settings
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const settings = manager.namespace({ host: "a", port: 80 });
   * assertEquals(await settings.toObject(), { host: "a", port: 80 });
   * ```
   */
  async toObject(): Promise<T> {
    return Object.fromEntries(await invoke(this, "entries", []) as [string, unknown][]) as T;
  }
}

registerKind(KIND, NamespaceProxy);
