/**
 * The manager's side: the objects, and the thread that calls them.
 *
 * ```
 * inbox -> Mailbox -> asked? -> Turns: may it run now? -> the object's method -> reply -> the client's channel
 *                                                \-- returns a promise: an activity until it settles
 * ```
 *
 * A client that dies is noticed while something goes on or waits, within 50 ms, and when another one comes. Its
 * transactions are undone, what it waited for is forgotten.
 *
 * @module
 */
import { WaitTimeoutError } from "../core/errors.ts";
import { transferError } from "../protocol/envelope.ts";
import { encodeThrown } from "../protocol/error_record.ts";
import { Channel, type ChannelMemory } from "../queue/channel.ts";
import type { LogRecord } from "../queue/paged_log.ts";
import { OwnerStatus } from "../shared/steps/step.ts";
import { type ChainLink, runInside } from "./call_chain.ts";
import { decodeRequest, encodeRecord, header } from "./record.ts";
import { Mailbox } from "./mailbox.ts";
import type { Objects } from "./objects.ts";
import { LivenessPoll } from "./liveness_poll.ts";
import { checkRequest, type ClientRequest, type ManagerMemory, Status } from "./requests.ts";
import { Transactions } from "./transactions.ts";
import { AccessQueue, type Request } from "./access_queue.ts";

interface Peer {
  readonly owner: number;
  readonly replies: Channel;
}

/** Somebody who waits for a reply. */
interface Caller {
  readonly client: number;
  readonly call: number;
}

type Ask<K extends ClientRequest[0]> = Extract<ClientRequest, readonly [K, ...unknown[]]>;

/** Serves the objects of a manager. */
export class Server {
  readonly objects: Objects;
  readonly #memory: ManagerMemory;
  readonly #inbox: Channel;
  readonly #mailbox: Mailbox;
  readonly #newId: () => number;
  readonly #peers = new Map<number, Peer>();
  readonly #turns = new AccessQueue();
  readonly #transactions = new Transactions(this.#turns);
  // What waits for its turn, and for whom.
  readonly #callers = new Map<Request, Caller>();
  #closing = false;
  readonly #pulse = new LivenessPoll(() => this.#look());

  /** @param newId Gives numbers that nobody else gives to anything of this manager. */
  constructor(memory: ManagerMemory, inbox: Channel, objects: Objects, newId: () => number) {
    this.#memory = memory;
    this.#inbox = inbox;
    this.objects = objects;
    this.#newId = newId;
    this.#mailbox = new Mailbox(inbox, (record) => this.#receive(record), () => {});
    this.#mailbox.listen();
  }

  /** Refuses all that was asked for and is not done, and all that will be. */
  close(): void {
    this.#closing = true;
    this.#inbox.close();
    this.#mailbox.finish();
    this.#pulse.stop();
    for (const { replies } of this.#peers.values()) replies.close();
    this.#peers.clear();
    this.objects.clear();
  }

  #receive(record: LogRecord): void {
    const [client, call] = header(record) ?? [0, 0];
    const caller = { client, call };
    try {
      const request = checkRequest(decodeRequest(record));
      if (request === undefined) throw new TypeError("Cannot ask Manager: it does not know such a request");
      // The others are told by the end of their channel.
      if (!this.#closing || request[0] === "hello") this.#answer(caller, request);
    } catch (error) {
      this.#reply(caller, Status.ERROR, error);
    }
  }

  #answer(caller: Caller, request: ClientRequest): void {
    switch (request[0]) {
      case "hello":
        return this.#welcome(caller, request);
      case "bye":
        return this.#leave(caller.client);
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

  #welcome({ client }: Caller, [, owner, memory]: Ask<"hello">): void {
    this.#bury();
    if (this.#peers.has(client)) throw new TypeError("Cannot greet Manager: this client has done so");
    this.#peers.set(client, { owner, replies: new Channel(memory as ChannelMemory) });
  }

  #call(caller: Caller, [, object, method, args, chain]: Ask<"call">): void {
    const served = this.objects.get(object);
    const run = served.methods.get(method);
    if (run === undefined) {
      throw new TypeError(`Cannot call ${served.name}.${method}(): it has ${[...served.methods.keys()].join(", ")}`);
    }
    this.#transactions.check(chain);
    this.#ask(caller, { resource: object, exclusive: false, chain }, () => {
      const link = this.#link(chain);
      let result: unknown;
      try {
        if (served.writes.has(method)) this.#transactions.before(object, served, method, args, chain);
        result = served.plain ? run.apply(served.target, args) : runInside(link, () => run.apply(served.target, args));
      } catch (error) {
        end(link);
        return this.#reply(caller, Status.ERROR, error);
      }
      if (served.plain || !isThenable(result)) {
        end(link);
        return this.#reply(caller, Status.OK, result);
      }
      this.#turns.enter({ id: link.id, resource: object, exclusive: false });
      const settle = (status: number, value: unknown) => {
        end(link);
        this.#reply(caller, status, value);
        this.#turns.leave(link.id);
      };
      result.then((value) => settle(Status.OK, value), (error) => settle(Status.ERROR, error));
    });
  }

  #begin(caller: Caller, [, resource, transaction, chain, once]: Ask<"begin">): void {
    this.#transactions.check(chain);
    const claim = { resource, exclusive: true, chain, transaction };
    if (once && this.#turns.hasToWait(claim)) {
      throw new WaitTimeoutError("Cannot begin transaction: others are before it, and `timeout` is 0");
    }
    this.#ask(caller, claim, () => {
      this.#transactions.begin(transaction, caller.client, resource);
      this.#reply(caller, Status.OK, undefined);
    });
    this.#pulse.start(false);
  }

  #end(caller: Caller, [, transaction, commit]: Ask<"end">): void {
    // It gave up before its turn had come.
    const isIts = (request: Request) =>
      request.transaction === transaction && this.#callers.get(request)?.client === caller.client;
    const waiting = this.#turns.withdraw(isIts);
    for (const each of waiting) this.#callers.delete(each);
    if (waiting.length === 0) this.#transactions.end(transaction, caller.client, commit);
    this.#reply(caller, Status.OK, undefined);
  }

  #ask(caller: Caller, claim: Omit<Request, "start" | "refuse">, start: () => void): void {
    if (!this.#turns.busy) return start();
    const request: Request = {
      ...claim,
      start: () => {
        this.#callers.delete(request);
        start();
      },
      refuse: (error) => {
        this.#callers.delete(request);
        this.#reply(caller, Status.ERROR, error);
      },
    };
    this.#callers.set(request, caller);
    this.#turns.request(request);
  }

  #link(chain: readonly number[]): ChainLink {
    const manager = this.#memory.name;
    const link = (id: number, outer: ChainLink | undefined): ChainLink => ({
      manager,
      id,
      holds: undefined,
      outer,
      ended: false,
    });
    return link(this.#newId(), chain.reduceRight<ChainLink | undefined>((outer, id) => link(id, outer), undefined));
  }

  #reply({ client, call }: Caller, status: number, value: unknown): void {
    const peer = this.#peers.get(client);
    if (peer === undefined || call === 0) return;
    let record: LogRecord;
    try {
      record = status === Status.OK
        ? encodeRecord(call, status, this.objects.exported(value))
        : encodeRecord(call, status, encodeThrown(value));
    } catch (cause) {
      record = encodeRecord(call, Status.ERROR, encodeThrown(transferError(value, "result", "result", cause)));
    }
    // Its memory is the client's word: what cannot be put there is nobody's but the client's loss.
    peer.replies.put("reply", record, undefined).catch(() => {});
  }

  #look(): boolean {
    this.#bury();
    return this.#turns.busy;
  }

  #bury(): void {
    const { owners } = this.#inbox;
    for (const [client, { owner }] of this.#peers) {
      const standing = owners.status(owner);
      if (standing === OwnerStatus.ALIVE) continue;
      this.#leave(client, standing === OwnerStatus.LOST);
    }
  }

  #leave(client: number, mayStillAsk = false): void {
    this.#peers.get(client)?.replies.close();
    this.#peers.delete(client);
    const gone = this.#turns.withdraw((request) => this.#callers.get(request)?.client === client);
    for (const each of gone) this.#callers.delete(each);
    this.#transactions.abandon(client, mayStillAsk);
  }
}

function end(link: ChainLink): void {
  for (let each: ChainLink | undefined = link; each !== undefined; each = each.outer) each.ended = true;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
