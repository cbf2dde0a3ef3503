/**
 * `ManagedProxy`: the base class of all proxies, which send the calls of a thread to an object of a manager.
 *
 * @module
 */
import { corruptMemory } from "../core/corrupt_memory.ts";
import { refusal } from "../core/validate.ts";
import { BRAND, type Handle, handleOfArrival, Shared } from "../shared/handle.ts";
import type { WaitLimits } from "../shared/waiting.ts";
import { Client } from "./client.ts";
import type { ManagerClient } from "./manager_client.ts";
import type { ManagerMemory } from "./requests.ts";
import { isHeld, runTransaction } from "./transaction.ts";

/** Passed to the constructor of a proxy: the object that it calls. */
export class Origin {
  constructor(readonly client: ManagerClient, readonly object: number) {}
}

function originIn({ manager, object }: Handle): Origin {
  if (!Number.isSafeInteger(object)) throw corruptMemory("receive proxy");
  return new Origin(Client.of(manager as ManagerMemory), object as number);
}

let originOf: (proxy: ManagedProxy) => Origin;
let nameOf: (proxy: ManagedProxy) => string;

/**
 * Calls an object of a {@linkcode Manager} from any thread. A proxy can be an argument or result of a task, an item of a
 * queue, or an element of another object of the manager, at any depth. All copies of a proxy call the same object.
 */
export abstract class ManagedProxy extends Shared {
  // Private, and read through the functions below: a registered class may have methods with any name.
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
    if (handle) this.#origin = originIn(handle);
    else if (from instanceof Origin) this.#origin = from;
    else {throw refusal(
        "Cannot create proxy: a Manager makes them: call list(), dict(), namespace(), value() or register()",
      );}
  }

  /**
   * Runs a function with exclusive access to the object: the function's calls run, all other calls wait until it ends. So
   * what the function has read is still true when it writes.
   *
   * If the function fails, or its thread dies, a list, dict, namespace or value gets back its state from before; changes
   * of an object of a registered class stay. Only this object is exclusive, not other objects that are elements of it.
   *
   * **Cost.** Two calls more than those of the function. A transaction waits for all calls of async methods of the object.
   *
   * @param limits How long to wait until it begins.
   *
   * @throws {DeadlockError} If the transaction would wait for itself, or for a transaction that waits for it.
   * @throws {WaitTimeoutError} If `timeout` passes before it begins.
   * @throws {ManagerClosedError} If the manager is closed.
   *
   * @example Read, change and write without losing a change
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
    return client.handle(this.#kind, { object });
  }
}

/** Calls a method of the object of a proxy. */
export function invoke(proxy: ManagedProxy, method: string, args: unknown[]): Promise<unknown> {
  const { client, object } = originOf(proxy);
  return client.call(`call ${nameOf(proxy)}.${method}()`, object, method, args);
}

/** Runs `fn` in a transaction on the object of a proxy, or in the current transaction if that has the object. */
export function exclusively<R>(proxy: ManagedProxy, fn: () => Promise<R>): Promise<R> {
  const { client, object } = originOf(proxy);
  return isHeld(client, object) ? fn() : proxy.transaction(fn);
}

/** Returns the object that a proxy calls. */
export function origin(proxy: ManagedProxy): Origin {
  return originOf(proxy);
}
