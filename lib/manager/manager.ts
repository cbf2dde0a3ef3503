/**
 * `Manager`: objects that live on one thread and that all threads call.
 *
 * ```
 * any thread                                                     the manager's thread
 *   list.push(1) --- request: inbox, a channel in shared memory --->  Server -> the array
 *                <-- reply: the client's own channel ---------------
 * ```
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { badOption, isA } from "../core/validate.ts";
import { Channel, UNLIMITED } from "../queue/channel.ts";
import { BRAND, firstOf, type Handle, registerKind, Shared } from "../shared/handle.ts";
import { noArgument } from "../shared/memory.ts";
import type { WaitLimits } from "../shared/waiting.ts";
import { ALL_OBJECTS } from "./claim.ts";
import { entriesOf, itemsOf, propertiesOf } from "./arguments.ts";
import { Client, clientOf } from "./client.ts";
import { ENDED } from "./endings.ts";
import { type DictKey, DictProxy } from "./dict.ts";
import { ListProxy } from "./list.ts";
import type { ManagerClient } from "./manager_client.ts";
import { NamespaceProxy } from "./namespace.ts";
import { Objects } from "./objects.ts";
import { ManagedProxy, Origin, origin } from "./proxy.ts";
import type { AnyClass, Proxied } from "./registered.ts";
import type { Kind } from "./requests.ts";
import { Server } from "./server.ts";
import { runTransaction } from "./transaction.ts";
import { ValueProxy } from "./value.ts";

const KIND = "manager";

/**
 * Lists, dicts, values and objects of registered classes that all threads share: `multiprocessing.Manager`. They live on the
 * thread that created the manager, and every thread calls them through proxies with async methods. A proxy, and the
 * manager itself, can be an argument or result of a task, an item of a queue or an element of another object, at any depth.
 *
 * **Order.** Calls of one thread arrive in the order in which they were made. Calls of one object run one after the other,
 * in the order of arrival; an async method of a registered class runs beside others from its first `await` on. While the
 * manager's thread is busy, calls wait.
 *
 * **Memory ordering.** Effects of a call are visible to every call that is made, on any thread, after it has settled.
 *
 * **Errors.** An error of a method arrives with its class, message, fields, `cause`, and the stack of the manager's side.
 *
 * **Life.** A pending call keeps the script alive, an idle manager does not. `close`, or the end of the manager's thread,
 * rejects calls with a {@linkcode ManagerClosedError}. An object stays until then, or until `forget`. If a client dies, its
 * transactions are undone.
 *
 * **Cost.** A call from another thread takes about 80 us, or 16 us with 1,000 calls in flight (two cores); a client takes
 * 148 KB. For a number that many threads change, use `Counter` or `Value` (some 50 ns); to hand over work, `Queue`.
 */
export class Manager extends Shared implements Disposable {
  readonly #client: ManagerClient;
  readonly #server: Server | undefined;

  /** Creates a manager. Its objects live on this thread. */
  constructor() {
    super();
    // Not part of the signature: the handle, if a message with a manager has arrived (handle.ts).
    const arrived = clientOf(firstOf(arguments));
    if (arrived) this.#client = arrived;
    else {
      noArgument("Manager", firstOf(arguments));
      const inbox = new Channel(UNLIMITED);
      const client = this.#client = Client.create(inbox);
      this.#server = new Server(client.memory, inbox, new Objects(client), client);
    }
  }

  /**
   * Creates a list. It does not wait: calls that follow arrive after it.
   *
   * @example Two tasks append to one list
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { inline, type ListProxy, Manager, Pool } from "@isopool/isopool";
   *
   * using manager = new Manager();
   * const list = manager.list<number>();
   * const append = inline(async (list: ListProxy<number>, n: number) => {
   *   await list.push(n);
   * });
   * await using pool = new Pool(2);
   * await pool.starmap(append, [[list, 2], [list, 3]]);
   * assertEquals(await list.length(), 2);
   * ```
   *
   * @throws {ManagerClosedError} If the manager is closed.
   */
  list<T = unknown>(initial: Iterable<T> = []): ListProxy<T> {
    return new ListProxy<T>(this.#make("list", itemsOf("create list", "initial", initial)));
  }

  /**
   * Creates a dict.
   *
   * @example Share a dict
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * assertEquals(await manager.dict({ a: 1 }).get("a"), 1);
   * ```
   *
   * @throws {ManagerClosedError} If the manager is closed.
   */
  dict<V>(initial: Readonly<Record<string, V>>): DictProxy<string, V>;
  /** Creates a dict. */
  dict<K extends DictKey = string, V = unknown>(
    initial?: Iterable<readonly [K, V]> | Readonly<Record<K & string, V>>,
  ): DictProxy<K, V>;
  dict<K extends DictKey, V>(
    initial: Iterable<readonly [K, V]> | Readonly<Record<K & string, V>> = [],
  ): DictProxy<K, V> {
    return new DictProxy<K, V>(this.#make("dict", entriesOf<K, V>("create dict", "initial", initial)));
  }

  /**
   * Creates a set of typed properties.
   *
   * @throws {ManagerClosedError} If the manager is closed.
   */
  namespace<T extends object>(initial: T): NamespaceProxy<T> {
    return new NamespaceProxy<T>(this.#make("namespace", propertiesOf("create namespace", "initial", initial)));
  }

  /**
   * Creates a value.
   *
   * @throws {ManagerClosedError} If the manager is closed.
   */
  value<T>(initial: T): ValueProxy<T> {
    return new ValueProxy<T>(this.#make("value", initial));
  }

  /**
   * Registers a class, so that all threads can call its objects; returns a function that creates them. A proxy has the
   * public methods of the class and of the classes that it extends: no fields with functions, getters, names that begin
   * with `_`, or methods of `Object`. Results are copied; an object of a registered class arrives as a proxy.
   *
   * @throws {IsopoolError} On any thread but the manager's: a class cannot be sent.
   * @throws {TypeError} If it is no class, or has a method `then` or `transaction`.
   *
   * @example Share an object of a class
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   *
   * class Account {
   *   #balance = 0;
   *   deposit(amount: number): number {
   *     return this.#balance += amount;
   *   }
   * }
   *
   * using manager = new Manager();
   * const open = manager.register(Account);
   * assertEquals(await open().deposit(5), 5);
   * ```
   */
  register<C extends AnyClass>(type: C): (...args: ConstructorParameters<C>) => Proxied<InstanceType<C>> {
    const { objects } = this.#ownServer("register class"), registration = objects.register(type);
    return (...args) => {
      this.#ownServer(`make ${registration.name}`);
      return objects.add(new type(...args), registration) as Proxied<InstanceType<C>>;
    };
  }

  /**
   * Runs a function with exclusive access to all objects of this manager, like {@linkcode ManagedProxy.transaction}.
   *
   * @param limits How long to wait until it begins.
   *
   * @example Move an item from one list to another
   * ```ts
   * import { assertEquals } from "@std/assert";
   * import { Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const from = manager.list(["a"]), to = manager.list<string>();
   * await manager.transaction(async () => to.push((await from.pop())!));
   * assertEquals([await from.length(), await to.length()], [0, 1]);
   * ```
   */
  transaction<R>(fn: () => R | PromiseLike<R>, limits?: WaitLimits): Promise<R> {
    return runTransaction(this.#client, "Manager", ALL_OBJECTS, fn, limits);
  }

  /**
   * Forgets an object: its memory is freed, and all calls to it fail from now on.
   *
   * @example Free a list that is no longer needed
   * ```ts
   * import { assertRejects } from "@std/assert";
   * import { IsopoolError, Manager } from "@isopool/isopool";
   * using manager = new Manager();
   * const list = manager.list([1]);
   * await manager.forget(list);
   * await assertRejects(() => list.length(), IsopoolError);
   * ```
   */
  async forget(proxy: ManagedProxy): Promise<void> {
    const call = "forget object";
    const isMine = isA(proxy, ManagedProxy as never) && origin(proxy).client === this.#client;
    if (!isMine) throw badOption(call, "proxy", proxy, "a proxy of this manager", false);
    await this.#client.forget(call, origin(proxy).object);
  }

  /**
   * Closes the manager and forgets its objects. Pending and later calls reject with a {@linkcode ManagerClosedError}. Closing
   * it again does nothing. `using` closes it too.
   *
   * @throws {IsopoolError} On any thread but the manager's.
   */
  close(): void {
    this.#ownServer("close Manager").close();
    this.#client.close(ENDED.closed);
  }

  /** Closes the manager. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Returns a text that says whether the objects live on this thread. */
  toString(): string {
    return `Manager(${this.#server ? "of this thread" : "of another thread"})`;
  }

  /** @ignore */
  [BRAND](): Handle {
    return this.#client.handle(KIND);
  }

  #make(kind: Kind, initial: unknown): Origin {
    const object = this.#client.newId();
    this.#client.post(`make ${kind}`, ["make", object, kind, initial]);
    return new Origin(this.#client, object);
  }

  #ownServer(call: string): Server {
    if (this.#server !== undefined) return this.#server;
    throw new IsopoolError(`Cannot ${call}: only the thread that created the Manager can do that`);
  }
}

registerKind(KIND, Manager as new () => Manager);
