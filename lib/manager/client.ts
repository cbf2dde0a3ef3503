/**
 * The client of a manager: sends the requests of one thread, and settles their promises with the replies.
 *
 * ```
 * proxy.push(1) -> request -> the manager's inbox          every client puts there
 *               <- reply   <- this client's own channel    only the manager puts there
 * ```
 *
 * A thread has one client for each manager, whatever number of proxies arrived in messages. The client is collected with
 * the last of its proxies. Pending calls keep the script alive.
 *
 * @module
 */
import { OVER } from "../core/abort.ts";
import { corruptMemory } from "../core/corrupt_memory.ts";
import { IsopoolError } from "../core/errors.ts";
import { AbortController, crypto, Promise, WeakRef } from "../core/platform.ts";
import { isA } from "../core/validate.ts";
import { transferError } from "../protocol/transfer_error.ts";
import { decodeThrown } from "../protocol/error_decoder.ts";
import { Channel, UNLIMITED } from "../queue/channel.ts";
import { Control } from "../queue/control_layout.ts";
import type { LogRecord } from "../queue/paged_log.ts";
import { type Handle, handleOfArrival, VERSION } from "../shared/handle.ts";
import type { OwnerTable } from "../shared/owner_table.ts";
import { OwnerStatus } from "../shared/steps/step.ts";
import { CallSite } from "./call_site.ts";
import { ENDED } from "./endings.ts";
import { LivenessPoll } from "./liveness_poll.ts";
import { Mailbox } from "./mailbox.ts";
import { type Ending, ManagerClient } from "./manager_client.ts";
import { body, encodeRequest, header } from "./record.ts";
import { type ClientRequest, type ManagerMemory, Status } from "./requests.ts";

interface PendingCall {
  /** For messages: `call ListProxy.push()`. */
  readonly what: string;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Word of the inbox that counts its clients. */
const CLIENTS = Control.FREE;
/** Call number of a request without a reply. */
const NO_REPLY = 0;
const PUT = "send request to Manager";
/** How many times a call waits 1 ms for another thread that is putting a request. */
const MAX_LOCK_WAITS = 20;
/** Milliseconds for which a client that was collected waits for room in the inbox. Then its manager reads nothing. */
const DISCONNECT_LIMIT = 1_000;

/** What is left to clean up when a client has been collected. A reference to the client would keep it alive. */
interface ClientCleanup {
  readonly name: string;
  readonly inbox: Channel;
  readonly number: number;
  replies: Mailbox | undefined;
}

const clients = new Map<string, WeakRef<Client>>();
const collected = new FinalizationRegistry<ClientCleanup>((cleanup) => {
  if (clients.get(cleanup.name)?.deref() === undefined) clients.delete(cleanup.name);
  if (cleanup.replies === undefined) return;
  cleanup.replies.stop();
  const request = encodeRequest(cleanup.number, NO_REPLY, ["disconnect"] satisfies ClientRequest);
  // If the manager is closed, there is nothing to disconnect from.
  cleanup.inbox.put(PUT, request, DISCONNECT_LIMIT).catch(() => {});
});

/** A thread's client of a manager. */
export class Client extends ManagerClient {
  /** What another thread needs to reach the manager. */
  readonly memory: ManagerMemory;
  readonly manager: string;
  readonly #inbox: Channel;
  readonly #cleanup: ClientCleanup;
  readonly #pending = new Map<number, PendingCall>();
  readonly #liveness = new LivenessPoll(() => this.#checkThreads());
  // Ends the puts that wait for room: nothing else ends them if the inbox is corrupt, and they keep the script alive.
  readonly #puts = new AbortController();
  #lastCall = 0;
  #ending: Ending | undefined;

  private constructor(memory: ManagerMemory, inbox: Channel) {
    super();
    this.memory = memory;
    this.manager = memory.name;
    this.#inbox = inbox;
    const number = inbox.control.add(CLIENTS, 1) + 1;
    this.#cleanup = { name: memory.name, inbox, number, replies: undefined };
    collected.register(this, this.#cleanup);
  }

  /**
   * Returns this thread's client of a manager.
   *
   * @throws {IsopoolError} If no manager can have that memory: it comes from a handle, which any code can write.
   */
  static of(memory: ManagerMemory): Client {
    const known = clients.get(memory?.name)?.deref();
    if (known !== undefined) return known;
    const client = new Client(checkMemory(memory), new Channel(memory.inbox));
    clients.set(memory.name, new WeakRef(client));
    return client;
  }

  /** Makes the client of the thread that creates a manager. */
  static create({ memory, owners }: Channel): Client {
    return Client.of({ name: crypto.randomUUID(), inbox: memory, owner: owners.me });
  }

  /** Makes a client through which this thread calls a manager in the name of a worker process. */
  static inNameOf(owners: OwnerTable, memory: ManagerMemory): Client {
    return new Client(checkMemory(memory), new Channel(memory.inbox, owners));
  }

  get number(): number {
    return this.#cleanup.number;
  }

  request(what: string, request: ClientRequest): Promise<unknown> {
    const site = new CallSite();
    return this.send(what, request, (error) => site.addTo(error));
  }

  /** Sends a request; settles as its reply does. */
  send(what: string, request: ClientRequest, errorOf: (thrown: unknown) => unknown): Promise<unknown> {
    const { promise, resolve, reject: fail } = Promise.withResolvers<unknown>();
    const reject = (error: unknown) => fail(errorOf(error));
    try {
      this.#checkOpen(what);
      const call = this.#lastCall = (this.#lastCall + 1) >>> 0 || 1;
      this.#put(what, call, request);
      this.#pending.set(call, { what, resolve, reject });
      if (this.#pending.size === 1) this.#liveness.start(!this.#inbox.owners.isGuest);
    } catch (error) {
      reject(error);
    }
    return promise;
  }

  post(what: string, request: ClientRequest): void {
    this.#checkOpen(what);
    this.#put(what, NO_REPLY, request);
  }

  handle(kind: string, fields?: Record<string, unknown>): Handle {
    return { ...fields, kind, version: VERSION, manager: this.memory };
  }

  close(ending: Ending): void {
    this.#ending ??= ending;
    this.#liveness.stop();
    this.#cleanup.replies?.stop();
    this.#cleanup.replies = undefined;
    this.#puts.abort(OVER);
    for (const call of [...this.#pending.keys()]) {
      this.#settle(call, ({ what, reject }) => reject(this.#ending!(what)));
    }
  }

  /** Settles the call that a reply is for. */
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

  // The request is in the inbox when this returns, so the requests of a thread are in the order of its calls.
  #put(what: string, call: number, request: ClientRequest): void {
    this.#connect();
    let record: LogRecord;
    try {
      record = encodeRequest(this.#cleanup.number, call, request);
    } catch (cause) {
      // Only the fourth field of `make` and `call` comes from the user.
      throw transferError(request[3], request[0] === "make" ? "initial" : "args", "argument", cause);
    }
    const outcome = this.#inbox.tryPut(what, record, MAX_LOCK_WAITS);
    if (outcome === "ok") return;
    if (outcome === "closed") throw (this.#ending ??= ENDED.closed)(what);
    // Another thread is putting a long request, or the inbox has 1 GiB of requests that the manager has not read.
    this.#inbox.put(what, record, undefined, this.#puts.signal).then((ticket) => {
      if (ticket === undefined) this.close(ENDED.closed);
    }, (error) => this.#settle(call, (pending) => pending.reject(error)));
  }

  // The first request of a client is preceded by its own channel for replies.
  #connect(): void {
    if (this.#cleanup.replies !== undefined) return;
    const replies = new Channel(UNLIMITED);
    // The mailbox outlives every call: a strong reference would keep this client from being collected.
    const weak = new WeakRef(this);
    this.#cleanup.replies = new Mailbox(
      replies,
      (record) => weak.deref()?.receive(record),
      (error) => weak.deref()?.close(error === undefined ? ENDED.closed : ENDED.corrupt(error)),
    );
    const request: ClientRequest = ["connect", this.#inbox.owners.me, replies.memory];
    const record = encodeRequest(this.#cleanup.number, NO_REPLY, request);
    this.#inbox.put(PUT, record, undefined, this.#puts.signal).catch(() => {});
    this.#cleanup.replies.listen();
  }

  #settle(call: number, settle: (pending: PendingCall) => void): void {
    const pending = this.#pending.get(call);
    if (pending === undefined) return;
    this.#pending.delete(call);
    if (this.#pending.size === 0) this.#liveness.release();
    settle(pending);
  }

  #checkThreads(): boolean {
    const { owners } = this.#inbox;
    if (owners.status(this.memory.owner) !== OwnerStatus.ALIVE) this.close(ENDED.threadEnded);
    else if (owners.status(owners.me) !== OwnerStatus.ALIVE) {
      for (const call of [...this.#pending.keys()]) {
        this.#settle(call, ({ what, reject }) => reject(new IsopoolError(`Cannot ${what}: this thread was stopped`)));
      }
    }
    return this.#pending.size > 0;
  }

  #checkOpen(what: string): void {
    if (this.#inbox.owners.status(this.memory.owner) === OwnerStatus.GONE) this.#ending ??= ENDED.threadEnded;
    if (this.#ending !== undefined) throw this.#ending(what);
  }
}

function checkMemory(memory: ManagerMemory): ManagerMemory {
  if (typeof memory?.name !== "string" || !Number.isInteger(memory.owner)) throw corruptMemory("receive Manager");
  return memory;
}

/** Returns the client that the constructor of a manager got as its argument, by a handle that has arrived or itself. */
export function clientOf(origin: unknown): ManagerClient | undefined {
  const handle = handleOfArrival(origin);
  if (handle) return Client.of(handle.manager as ManagerMemory);
  return isA(origin, ManagerClient as never) ? origin as ManagerClient : undefined;
}
