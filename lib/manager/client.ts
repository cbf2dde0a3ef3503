/**
 * One thread's side of a manager: its calls, and what comes of them.
 *
 * ```
 * proxy.push(1) -> request -> the manager's inbox          any thread puts in there
 *               <- reply   <- this client's own channel    only the manager puts in there
 * ```
 *
 * A thread has one client for each manager, however many proxies came in however many messages. It goes when they have
 * all been collected. Calls in flight keep the script alive.
 *
 * @module
 */
import { IsopoolError, ManagerClosedError, WaitTimeoutError } from "../core/errors.ts";
import { onAbort } from "../core/abort.ts";
import { transferError } from "../protocol/envelope.ts";
import { decodeThrown } from "../protocol/error_record.ts";
import { Channel, UNLIMITED } from "../queue/channel.ts";
import type { LogRecord } from "../queue/paged_log.ts";
import { OwnerStatus } from "../shared/steps/step.ts";
import { checkLimits, type WaitLimits } from "../shared/waiting.ts";
import { CallSite } from "./call_site.ts";
import { currentLink, linksOf } from "./call_chain.ts";
import { body, encodeRequest, header } from "./record.ts";
import { Mailbox } from "./mailbox.ts";
import { LivenessPoll } from "./liveness_poll.ts";
import { type ClientRequest, type ManagerMemory, Status } from "./requests.ts";

interface Pending {
  /** For messages: `push to ListProxy`. */
  readonly what: string;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Word of the inbox that counts its clients: the channel leaves it free. */
const CLIENTS = 14;
const NO_CHAIN: readonly number[] = [];
/** Why there is nobody who could be called. */
const GONE = { closed: "its Manager was closed", ended: "the thread that made its Manager has ended" } as const;
const POST = "post to Manager";

/** What is left to do when a client has been collected. It must not refer to it. */
interface Remains {
  readonly name: string;
  readonly inbox: Channel;
  readonly number: number;
  replies: Mailbox | undefined;
}

const clients = new Map<string, WeakRef<Client>>();
const collected = new FinalizationRegistry<Remains>((remains) => {
  if (clients.get(remains.name)?.deref() === undefined) clients.delete(remains.name);
  if (remains.replies === undefined) return;
  remains.replies.stop();
  // Who is closed needs no goodbye.
  remains.inbox.put(POST, encodeRequest(remains.number, 0, ["bye"] satisfies ClientRequest), undefined).catch(() => {});
});

/** A thread's client of a manager. */
export class Client {
  /** To hand to other threads. */
  readonly memory: ManagerMemory;
  readonly #inbox: Channel;
  readonly #remains: Remains;
  readonly #calls = new Map<number, Pending>();
  readonly #pulse = new LivenessPoll(() => this.#look());
  #lastCall = 0;
  #lastId = 0;
  #end: string | undefined;

  private constructor(memory: ManagerMemory, inbox: Channel) {
    this.memory = memory;
    this.#inbox = inbox;
    const number = inbox.control.add(CLIENTS, 1) + 1;
    this.#remains = { name: memory.name, inbox, number, replies: undefined };
    collected.register(this, this.#remains);
  }

  /** This thread's client of the manager with this memory. */
  static of(memory: ManagerMemory): Client {
    const known = clients.get(memory.name)?.deref();
    if (known !== undefined) return known;
    const client = new Client(memory, new Channel(memory.inbox));
    clients.set(memory.name, new WeakRef(client));
    return client;
  }

  /** A number that nobody else gives to anything of this manager. */
  newId(): number {
    return this.#remains.number * 2 ** 32 + ++this.#lastId;
  }

  /** Calls a method of an object. The arguments are copied now. Settles as the method does. */
  call(what: string, object: number, method: string, args: unknown[]): Promise<unknown> {
    return this.ask(what, ["call", object, method, args, this.#chain()]);
  }

  /**
   * Takes an object, or all, for a transaction.
   *
   * The promise rejects with a {@linkcode DeadlockError}, a {@linkcode WaitTimeoutError}, or the signal's reason.
   */
  async begin(what: string, resource: number, transaction: number, limits: WaitLimits | undefined): Promise<void> {
    const timeout = checkLimits(what, limits);
    const signal = limits?.signal;
    signal?.throwIfAborted();
    const { promise: late, reject } = Promise.withResolvers<never>();
    const gaveUp = () => reject(new WaitTimeoutError(`Cannot ${what}: it took longer than ${timeout} ms`));
    // Without any time to wait, only the manager can say whether it would have to.
    const timer = timeout ? setTimeout(gaveUp, timeout) : undefined;
    const forget = onAbort(signal, () => reject(signal?.reason));
    const begun = this.ask(what, ["begin", resource, transaction, this.#chain(), timeout === 0]);
    try {
      await Promise.race([begun, late]);
    } catch (error) {
      // It may have begun by now; or not, and then it is out of the line.
      this.end(what, transaction, false).catch(() => {});
      throw error;
    } finally {
      clearTimeout(timer);
      forget();
    }
  }

  /** Ends a transaction: what it did stays, or is undone. */
  end(what: string, transaction: number, commit: boolean): Promise<unknown> {
    return this.ask(what, ["end", transaction, commit]);
  }

  /** Asks for something that there is no reply to. What is asked for later comes later, whoever asks. */
  post(what: string, request: ClientRequest): void {
    this.#checkOpen(what);
    this.#put(what, 0, request);
  }

  /** Forgets an object. */
  forget(what: string, object: number): Promise<unknown> {
    return this.ask(what, ["forget", object]);
  }

  /** The manager is closed: nothing can be asked for any more. */
  close(why: string): void {
    this.#end ??= why;
    this.#pulse.stop();
    this.#remains.replies?.stop();
    for (const call of [...this.#calls.keys()]) {
      this.#settle(call, (pending) => pending.reject(this.#closed(pending.what)));
    }
  }

  #chain(): readonly number[] {
    return currentLink() === undefined ? NO_CHAIN : Array.from(linksOf(this.memory.name), ({ id }) => id);
  }

  /** Asks for something; settles as that does. */
  ask(what: string, request: ClientRequest): Promise<unknown> {
    const { promise, resolve, reject: fail } = Promise.withResolvers<unknown>();
    const called = new CallSite();
    const reject = (error: unknown) => fail(called.addTo(error));
    try {
      this.#checkOpen(what);
      const call = this.#lastCall = (this.#lastCall + 1) >>> 0 || 1;
      this.#put(what, call, request);
      this.#calls.set(call, { what, resolve, reject });
      if (this.#calls.size === 1) this.#pulse.start(true);
    } catch (error) {
      reject(error);
    }
    return promise;
  }

  // Puts it before it returns: requests of a thread are in order.
  #put(what: string, call: number, request: ClientRequest): void {
    this.#sayHello();
    let record: LogRecord;
    try {
      record = encodeRequest(this.#remains.number, call, request);
    } catch (cause) {
      // Nothing else that is asked for can hold what cannot be copied.
      throw transferError(request[3], request[0] === "make" ? "initial" : "args", "argument", cause);
    }
    const done = this.#inbox.tryPut(POST, record);
    if (done === "ok") return;
    if (done === "closed") throw this.#closed(what);
    // 1 GiB that the manager has not read.
    this.#inbox.put(POST, record, undefined).then((ticket) => {
      if (ticket === undefined) this.close(GONE.closed);
    }, (error) => this.#settle(call, (pending) => pending.reject(error)));
  }

  #sayHello(): void {
    if (this.#remains.replies !== undefined) return;
    const replies = new Channel(UNLIMITED);
    const weak = new WeakRef(this);
    // Nothing that lasts longer than a call may hold this client, or it would never be collected.
    this.#remains.replies = new Mailbox(
      replies,
      (record) => weak.deref()?.receive(record),
      () => weak.deref()?.close(GONE.closed),
    );
    const hello: ClientRequest = ["hello", this.#inbox.owners.me, replies.memory];
    this.#inbox.put(POST, encodeRequest(this.#remains.number, 0, hello), undefined).catch(() => {});
    this.#remains.replies.listen();
  }

  /** Takes a reply. */
  receive(record: LogRecord): void {
    const [call, status] = header(record) ?? [0, 0];
    this.#settle(call, ({ resolve, reject }) => {
      try {
        const value = body(record);
        if (status === Status.OK) resolve(value);
        else reject(decodeThrown(value));
      } catch (error) {
        reject(error);
      }
    });
  }

  #settle(call: number, how: (pending: Pending) => void): void {
    const pending = this.#calls.get(call);
    if (pending === undefined) return;
    this.#calls.delete(call);
    if (this.#calls.size === 0) this.#pulse.release();
    how(pending);
  }

  #look(): boolean {
    const { owners } = this.#inbox;
    if (owners.status(this.memory.owner) !== OwnerStatus.ALIVE) this.close(GONE.ended);
    else if (owners.status(owners.me) !== OwnerStatus.ALIVE) {
      for (const call of [...this.#calls.keys()]) {
        this.#settle(call, ({ what, reject }) => reject(new IsopoolError(`Cannot ${what}: this thread was stopped`)));
      }
    }
    return this.#calls.size > 0;
  }

  #checkOpen(what: string): void {
    if (this.#end !== undefined) throw this.#closed(what);
    const { owners } = this.#inbox;
    if (owners.status(this.memory.owner) === OwnerStatus.GONE) {
      this.#end = GONE.ended;
      throw this.#closed(what);
    }
  }

  #closed(what: string): ManagerClosedError {
    return new ManagerClosedError(
      `Cannot ${what}: ${this.#end ??= GONE.closed}: close it, and end its thread, after the last call`,
    );
  }
}
