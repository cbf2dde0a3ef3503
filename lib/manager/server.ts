/**
 * The server of a manager: runs the requests of all clients on the thread that has the objects.
 *
 * ```
 * inbox -> Mailbox -> checkRequest -> AccessQueue: may it run now? -> the object's method -> reply -> the client's channel
 *                                                                     \-- returns a promise: an access until it settles
 * ```
 *
 * No message reports the death of a client. The server checks every 50 ms while an access runs or a request waits, and
 * when a client connects. It undoes the transactions of a dead client and withdraws its waiting requests.
 *
 * @module
 */
import { WaitTimeoutError } from "../core/errors.ts";
import { transferError } from "../protocol/transfer_error.ts";
import { encodeThrown } from "../protocol/error_record.ts";
import type { Channel, ChannelMemory } from "../queue/channel.ts";
import type { LogRecord } from "../queue/paged_log.ts";
import { OwnerStatus } from "../shared/steps/step.ts";
import { AccessQueue, type AccessRequest, type ChainedClaim } from "./access_queue.ts";
import { endLinks, linkOfCall, runInside } from "./call_chain.ts";
import type { Client } from "./client.ts";
import { ConnectedClient } from "./connected_client.ts";
import { ENDED } from "./endings.ts";
import { LivenessPoll } from "./liveness_poll.ts";
import { Mailbox } from "./mailbox.ts";
import type { Objects } from "./objects.ts";
import { decodeRequest, encodeRecord, header } from "./record.ts";
import { checkRequest, type ClientRequest, type ManagerMemory, Status } from "./requests.ts";
import { Transactions } from "./transactions.ts";

/** The call that a reply goes to. */
interface Caller {
  readonly client: number;
  readonly call: number;
}

type RequestOf<K extends ClientRequest[0]> = Extract<ClientRequest, readonly [K, ...unknown[]]>;

/** Serves the objects of a manager. */
export class Server {
  readonly objects: Objects;
  readonly #memory: ManagerMemory;
  readonly #inbox: Channel;
  readonly #mailbox: Mailbox;
  readonly #ownClient: Client;
  readonly #clients = new Map<number, ConnectedClient>();
  readonly #accesses = new AccessQueue();
  readonly #transactions = new Transactions(this.#accesses);
  readonly #waitingCallers = new Map<AccessRequest, Caller>();
  readonly #liveness = new LivenessPoll(() => this.#checkClients());
  #closing = false;

  /** @param ownClient The client of this thread. */
  constructor(memory: ManagerMemory, inbox: Channel, objects: Objects, ownClient: Client) {
    this.#memory = memory;
    this.#inbox = inbox;
    this.objects = objects;
    this.#ownClient = ownClient;
    this.#mailbox = new Mailbox(inbox, (record) => this.#receive(record), (error) => {
      if (error !== undefined) this.#fail(error);
    });
    this.#mailbox.listen();
  }

  /** Rejects all requests that are not done, and all later ones. */
  close(): void {
    this.#closing = true;
    this.#inbox.close();
    this.#mailbox.finish();
    this.#liveness.stop();
    for (const connected of this.#clients.values()) connected.disconnect();
    this.#clients.clear();
    this.objects.clear();
  }

  // Requests may be missing, and the order of the rest is unknown: no call can be served any more.
  #fail(error: unknown): void {
    this.close();
    this.#ownClient.close(ENDED.corrupt(error));
  }

  #receive(record: LogRecord): void {
    const [client, call] = header(record) ?? [0, 0];
    const caller = { client, call };
    try {
      const request = checkRequest(decodeRequest(record));
      if (request === undefined) throw new TypeError("Cannot send request to Manager: the manager has no such request");
      // On close, a client needs its channel: the end of that channel rejects its calls.
      if (!this.#closing || request[0] === "connect") this.#handle(caller, request);
    } catch (error) {
      this.#reply(caller, Status.ERROR, error);
    }
  }

  #handle(caller: Caller, request: ClientRequest): void {
    switch (request[0]) {
      case "connect":
        return this.#connect(caller, request);
      case "disconnect":
        return this.#disconnect(caller.client);
      case "make":
        return this.objects.make(request[1], request[2], request[3]);
      case "call":
        return this.#call(caller, request);
      case "begin":
        return this.#begin(caller, request);
      case "end":
        return this.#end(caller, request);
      case "forget":
        this.objects.forget(request[1]);
        this.#reply(caller, Status.OK, undefined);
    }
  }

  #connect({ client }: Caller, [, owner, memory]: RequestOf<"connect">): void {
    this.#disconnectDead();
    if (this.#clients.has(client)) throw new TypeError("Cannot connect to Manager: this client is connected already");
    this.#clients.set(client, new ConnectedClient(owner, memory as ChannelMemory));
  }

  #call(caller: Caller, [, object, method, args, chain]: RequestOf<"call">): void {
    const served = this.objects.get(object);
    const run = served.methods.get(method);
    if (run === undefined) {
      throw new TypeError(
        `Cannot call ${served.name}.${method}(): its methods are ${[...served.methods.keys()].join(", ")}`,
      );
    }
    this.#transactions.check(chain);
    this.#startWhenFree(caller, { resource: object, exclusive: false, chain }, () => {
      const link = linkOfCall(this.#memory.name, this.#ownClient.newId(), chain);
      let result: unknown;
      try {
        if (served.writes.has(method)) this.#transactions.beforeChange(object, served, method, args, chain);
        result = served.isStore
          ? run.apply(served.target, args)
          : runInside(link, () => run.apply(served.target, args));
      } catch (error) {
        endLinks(link);
        return this.#reply(caller, Status.ERROR, error);
      }
      if (served.isStore || !isThenable(result)) {
        endLinks(link);
        return this.#reply(caller, Status.OK, result);
      }
      this.#accesses.enter({ id: link.id, resource: object, exclusive: false });
      const settle = (status: number, value: unknown) => {
        endLinks(link);
        this.#reply(caller, status, value);
        this.#accesses.leave(link.id);
      };
      result.then((value) => settle(Status.OK, value), (error) => settle(Status.ERROR, error));
    });
  }

  #begin(caller: Caller, [, resource, transaction, chain, noWait]: RequestOf<"begin">): void {
    this.#transactions.check(chain);
    const claim = { resource, exclusive: true, chain, transaction };
    if (noWait && this.#accesses.hasToWait(claim)) {
      throw new WaitTimeoutError("Cannot begin transaction: other requests are before it, and `timeout` is 0");
    }
    this.#startWhenFree(caller, claim, () => {
      this.#transactions.begin(transaction, caller.client, resource);
      this.#reply(caller, Status.OK, undefined);
    });
    this.#liveness.start(false);
  }

  #end(caller: Caller, [, transaction, commit]: RequestOf<"end">): void {
    // A client that gave up waiting ends a transaction that has not begun.
    const isSame = (request: AccessRequest) =>
      request.transaction === transaction && this.#waitingCallers.get(request)?.client === caller.client;
    const waiting = this.#accesses.withdraw(isSame);
    for (const each of waiting) this.#waitingCallers.delete(each);
    if (waiting.length === 0) this.#transactions.end(transaction, caller.client, commit);
    this.#reply(caller, Status.OK, undefined);
  }

  #startWhenFree(caller: Caller, claim: ChainedClaim, start: () => void): void {
    if (!this.#accesses.busy) return start();
    const request: AccessRequest = {
      ...claim,
      start: () => {
        this.#waitingCallers.delete(request);
        start();
      },
      refuse: (error) => {
        this.#waitingCallers.delete(request);
        this.#reply(caller, Status.ERROR, error);
      },
    };
    this.#waitingCallers.set(request, caller);
    this.#accesses.request(request);
  }

  #reply({ client, call }: Caller, status: number, value: unknown): void {
    const connected = this.#clients.get(client);
    if (connected === undefined || call === 0) return;
    let record: LogRecord;
    try {
      record = status === Status.OK
        ? encodeRecord(call, status, this.objects.exported(value))
        : encodeRecord(call, status, encodeThrown(value));
    } catch (cause) {
      record = encodeRecord(call, Status.ERROR, encodeThrown(transferError(value, "result", "result", cause)));
    }
    connected.reply(record);
  }

  #checkClients(): boolean {
    this.#disconnectDead();
    return this.#accesses.busy;
  }

  #disconnectDead(): void {
    const { owners } = this.#inbox;
    for (const [client, { owner }] of this.#clients) {
      const status = owners.status(owner);
      if (status === OwnerStatus.ALIVE) continue;
      this.#disconnect(client, status === OwnerStatus.LOST);
    }
  }

  #disconnect(client: number, mayContinue = false): void {
    this.#clients.get(client)?.disconnect();
    this.#clients.delete(client);
    const withdrawn = this.#accesses.withdraw((request) => this.#waitingCallers.get(request)?.client === client);
    for (const each of withdrawn) this.#waitingCallers.delete(each);
    this.#transactions.undoAll(client, mayContinue);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
