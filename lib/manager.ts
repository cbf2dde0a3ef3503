/**
 * Objects that live on one thread and are called from any, without the pool: `@isopool/isopool/manager`.
 *
 * @example A list that every thread appends to
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Manager } from "@isopool/isopool/manager";
 *
 * using manager = new Manager();
 * const names = manager.list<string>(["Ada"]);
 * await names.push("Grace");
 * assertEquals(await names.toArray(), ["Ada", "Grace"]);
 * ```
 *
 * @module
 */
export { IsopoolError } from "./core/base_error.ts";
export { DeadlockError, ManagerClosedError, TransferError, WaitTimeoutError } from "./core/errors.ts";
export type { DictKey, DictProxy } from "./manager/dict.ts";
export type { ListProxy } from "./manager/list.ts";
export { Manager } from "./manager/manager.ts";
export type { NamespaceProxy } from "./manager/namespace.ts";
export type { ManagedProxy } from "./manager/proxy.ts";
export type { AnyClass, Proxied, Returned } from "./manager/registered.ts";
export type { ValueProxy } from "./manager/value.ts";
export type { Handle, Shared } from "./shared/handle.ts";
export type { WaitLimits } from "./shared/waiting.ts";
