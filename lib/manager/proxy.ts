/**
 * What the proxies of all kinds of objects have in common.
 *
 * @module
 */
import { BRAND, type Handle, handleOfArrival, Shared, VERSION } from "../shared/handle.ts";
import type { WaitLimits } from "../shared/waiting.ts";
import { Client } from "./client.ts";
import type { ManagerMemory } from "./requests.ts";
import { isHeld, runTransaction } from "./transaction.ts";

/** Given to a constructor: the object that the proxy stands for. */
export class Origin {
  constructor(readonly client: Client, readonly object: number) {}
}

let originOf: (proxy: ManagedProxy) => Origin;
let nameOf: (proxy: ManagedProxy) => string;

/**
 * Stands for an object of a {@linkcode Manager}, on any thread. It can be an argument or result of a task, an item of a
 * queue, or an element of another of the manager's objects, at any depth; all copies stand for the same object.
 *
 * @example A transaction
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Manager } from "@isopool/isopool";
 *
 * using manager = new Manager();
 * const counts = manager.dict<string, number>();
 * const count = (word: string) =>
 *   counts.transaction(async () => counts.set(word, (await counts.get(word) ?? 0) + 1));
 * await Promise.all([count("a"), count("a"), count("b")]);
 * assertEquals(await counts.toObject(), { a: 2, b: 1 });
 * ```
 */
export abstract class ManagedProxy extends Shared {
  // Not by methods of subclasses: a registered class may have some of the same name.
  readonly #origin: Origin;
  readonly #kind: string;
  readonly #name: string;

  static {
    originOf = (proxy) => proxy.#origin;
    nameOf = (proxy) => proxy.#name;
  }

  /** @ignore */
  constructor(from: unknown, kind: string, name: string) {
    super();
    this.#kind = kind;
    this.#name = name;
    const handle = handleOfArrival(from);
    if (handle) this.#origin = new Origin(Client.of(handle.manager as ManagerMemory), handle.object as number);
    else if (from instanceof Origin) this.#origin = from;
    else {throw new TypeError(
        "Cannot create proxy: a Manager makes them: list(), dict(), namespace(), value(), register()",
      );}
  }

  /**
   * Runs a function while nobody else can use the object: calls from elsewhere wait, those that the function makes are
   * let through. So what it read is still so when it writes.
   *
   * If the function fails, or its thread dies, a list, dict, namespace or value is again as it was before; what a
   * registered object did is done. It holds this object only: an element that is another object has its own.
   *
   * @param limits How long to wait for the beginning.
   *
   * @throws {DeadlockError} If it would wait for itself, or for a transaction that waits for it.
   * @throws {WaitTimeoutError} If `timeout` passes before it begins.
   * @throws {ManagerClosedError} If the manager is closed.
   */
  transaction<R>(fn: () => R | PromiseLike<R>, limits?: WaitLimits): Promise<R> {
    const { client, object } = this.#origin;
    return runTransaction(client, this.#name, object, fn, limits);
  }

  /** Shows what it stands for. */
  toString(): string {
    return `${this.#name}(${this.#origin.object % 2 ** 32})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    const { client, object } = this.#origin;
    return { kind: this.#kind, version: VERSION, manager: client.memory, object };
  }
}

/** Calls a method of the object. */
export function invoke(proxy: ManagedProxy, method: string, args: unknown[]): Promise<unknown> {
  const { client, object } = originOf(proxy);
  return client.call(`call ${nameOf(proxy)}.${method}()`, object, method, args);
}

/** Runs `fn` in a transaction, or in the one that is there already. */
export function exclusively<R>(proxy: ManagedProxy, fn: () => Promise<R>): Promise<R> {
  const { client, object } = originOf(proxy);
  return isHeld(client, object) ? fn() : proxy.transaction(fn);
}

/** What a proxy stands for. */
export function origin(proxy: ManagedProxy): Origin {
  return originOf(proxy);
}
