/**
 * Objects that all threads share by calling them: `multiprocessing.Manager`, without its flaws.
 *
 * ```
 * any thread                                                     the manager's thread
 *   list.push(1) --- request: inbox, a channel in shared memory --->  Server -> the array
 *                <-- reply: the client's own channel ----------------
 * ```
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { bad } from "../core/validate.ts";
import { Channel, UNLIMITED } from "../queue/channel.ts";
import { BRAND, type Handle, handleOfArrival, registerKind, Shared, VERSION } from "../shared/handle.ts";
import type { WaitLimits } from "../shared/waiting.ts";
import { Client } from "./client.ts";
import { type DictKey, DictProxy, entriesOf } from "./dict.ts";
import { ListProxy } from "./list.ts";
import { NamespaceProxy } from "./namespace.ts";
import { Objects } from "./objects.ts";
import { ManagedProxy, Origin, origin } from "./proxy.ts";
import type { AnyClass, Proxied } from "./registered.ts";
import type { Kind, ManagerMemory } from "./requests.ts";
import { Server } from "./server.ts";
import { runTransaction } from "./transaction.ts";
import { ALL } from "./access_queue.ts";
import { ValueProxy } from "./value.ts";

const KIND = "manager";

/**
 * Lists, dicts, values and objects of your own classes, shared by all threads: they live on the thread that made the
 * manager, and everybody calls them through proxies with async methods. A proxy, and the manager itself, can be an
 * argument or result of a task, an item of a queue or an element of another object, at any depth.
 *
 * **Order.** Calls of one thread arrive in the order in which they were made; calls to one object run one after the
 * other, in the order of arrival. An async method of a registered class runs beside others from its first `await` on.
 * What was done before a call settled is seen by every call that is made after that, on any thread. While the manager's
 * thread is busy, calls wait.
 *
 * **Errors.** What a method throws arrives whole: class, message, fields, `cause`, and the stack of the manager's side.
 *
 * **Life.** An idle manager does not keep the script alive; a call in flight does. `close`, or the end of the manager's
 * thread, rejects calls with a {@linkcode ManagerClosedError}. An object stays until then, or until `forget`: nobody
 * knows who still has a proxy of it. A client that dies gives up its transactions, which are undone, and nobody waits for
 * it.
 *
 * @example Two tasks, one list
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inline, type ListProxy, Manager, Pool } from "@isopool/isopool";
 *
 * using manager = new Manager();
 * const list = manager.list<number>();
 * const append = inline(async (list: ListProxy<number>, n: number) => {
 *   await list.push(n, n * n);
 * });
 * await using pool = new Pool(2);
 * await pool.starmap(append, [[list, 2], [list, 3]]);
 * await list.sort();
 * assertEquals(await list.toArray(), [2, 3, 4, 9]);
 * ```
 */
export class Manager extends Shared implements Disposable {
  readonly #client: Client;
  readonly #server: Server | undefined;

  /** Creates a manager. Its objects will live on this thread. */
  constructor() {
    super();
    // Not part of the signature: what has arrived, see handle.ts.
    const handle = handleOfArrival(arguments[0]);
    if (handle) {
      this.#client = Client.of(handle.manager as ManagerMemory);
      return;
    }
    const inbox = new Channel(UNLIMITED);
    const memory = { name: crypto.randomUUID(), inbox: inbox.memory, owner: inbox.owners.me };
    this.#client = Client.of(memory);
    this.#server = new Server(memory, inbox, new Objects(this.#client), () => this.#client.newId());
  }

  /**
   * Makes a list.
   *
   * @throws {ManagerClosedError} If the manager is closed.
   */
  list<T = unknown>(initial: Iterable<T> = []): ListProxy<T> {
    return new ListProxy<T>(this.#make("list", [...initial]));
  }

  /**
   * Makes a dict.
   *
   * @throws {ManagerClosedError} If the manager is closed.
   */
  dict<V>(initial: Readonly<Record<string, V>>): DictProxy<string, V>;
  /** Makes a dict. */
  dict<K extends DictKey = string, V = unknown>(
    initial?: Iterable<readonly [K, V]> | Readonly<Record<K & string, V>>,
  ): DictProxy<K, V>;
  dict<K extends DictKey, V>(
    initial: Iterable<readonly [K, V]> | Readonly<Record<K & string, V>> = [],
  ): DictProxy<K, V> {
    return new DictProxy<K, V>(this.#make("dict", entriesOf<K, V>(initial)));
  }

  /**
   * Makes a set of typed properties.
   *
   * @throws {ManagerClosedError} If the manager is closed.
   */
  namespace<T extends object>(initial: T): NamespaceProxy<T> {
    return new NamespaceProxy<T>(this.#make("namespace", Object.entries(initial)));
  }

  /**
   * Makes a value.
   *
   * @throws {ManagerClosedError} If the manager is closed.
   */
  value<T>(initial: T): ValueProxy<T> {
    return new ValueProxy<T>(this.#make("value", initial));
  }

  /**
   * Lets objects of a class be called from other threads; gives what makes them. The methods of a proxy are the public
   * ones of the class and of those that it extends: not fields that hold functions, getters, names that begin with `_`,
   * or what comes from `Object`. Whatever they return is copied, but objects of registered classes, which arrive as
   * proxies.
   *
   * @throws {IsopoolError} On any thread but the manager's: a class cannot be sent.
   * @throws {TypeError} If it is no class, or has a method `then` or `transaction`, which its proxy needs itself.
   *
   * @example An account
   * ```ts
   * import { assertEquals, assertRejects } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   *
   * class Account {
   *   #balance = 0;
   *   deposit(amount: number): number {
   *     if (!(amount > 0)) throw new RangeError(`Cannot deposit ${amount}`);
   *     return this.#balance += amount;
   *   }
   * }
   *
   * using manager = new Manager();
   * const open = manager.register(Account);
   * const account = open();
   * assertEquals(await account.deposit(5), 5);
   * await assertRejects(() => account.deposit(-1), RangeError);
   * ```
   */
  register<C extends AnyClass>(type: C): (...args: ConstructorParameters<C>) => Proxied<InstanceType<C>> {
    const { objects } = this.#home("register class");
    const registration = objects.register(type);
    return (...args) => {
      this.#home(`make ${registration.name}`);
      return objects.add(new type(...args), registration) as Proxied<InstanceType<C>>;
    };
  }

  /**
   * Runs a function while nobody else can use any object of this manager, like {@linkcode ManagedProxy.transaction}.
   *
   * @param limits How long to wait for the beginning.
   */
  transaction<R>(fn: () => R | PromiseLike<R>, limits?: WaitLimits): Promise<R> {
    return runTransaction(this.#client, "Manager", ALL, fn, limits);
  }

  /** Forgets an object: calls to it fail from now on, its memory is free. */
  async forget(proxy: ManagedProxy): Promise<void> {
    const call = "forget object";
    if (!(proxy instanceof ManagedProxy) || origin(proxy).client !== this.#client) {
      throw bad(call, "proxy", proxy, "a proxy of this manager's", false);
    }
    await this.#client.forget(call, origin(proxy).object);
  }

  /**
   * Closes the manager: its objects are gone, calls in flight and later ones reject with a {@linkcode ManagerClosedError}.
   * Doing it again does nothing.
   *
   * @throws {IsopoolError} On any thread but the manager's.
   */
  close(): void {
    if (this.#server === undefined) this.#home("close Manager");
    this.#server!.close();
    this.#client.close("its Manager was closed");
  }

  /** Closes the manager. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Shows where it is. */
  toString(): string {
    return `Manager(${this.#server ? "of this thread" : "of another thread"})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    return { kind: KIND, version: VERSION, manager: this.#client.memory };
  }

  #make(kind: Kind, initial: unknown): Origin {
    const object = this.#client.newId();
    this.#client.post(`make ${kind}`, ["make", object, kind, initial]);
    return new Origin(this.#client, object);
  }

  #home(call: string): Server {
    if (this.#server !== undefined) return this.#server;
    throw new IsopoolError(`Cannot ${call}: only the thread that made the Manager can do that`);
  }
}

registerKind(KIND, Manager as new () => Manager);
