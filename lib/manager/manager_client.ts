/**
 * What proxies call: a thread's way to a manager. To one of this process it is a `Client` (client.ts), to one of another
 * process messages (lib/remote/remote_manager.ts).
 *
 * @module
 */
import type { IsopoolError } from "../core/errors.ts";
import type { Handle } from "../shared/handle.ts";
import { chainOf } from "./call_chain.ts";
import type { ClientRequest } from "./requests.ts";

/** Why all calls fail, as a function that creates the error of one. */
export type Ending = (what: string) => IsopoolError;

/** A thread's way to a manager. */
export abstract class ManagerClient {
  /** Name of the manager, unique in this process. */
  abstract readonly manager: string;
  /** Number of this client among those of the manager. */
  abstract readonly number: number;
  #lastId = 0;

  /** Returns a new id for an object, a transaction or a running call: unique among all clients of this manager. */
  newId(): number {
    return firstId(this.number) + ++this.#lastId;
  }

  /** Calls a method of an object. The arguments are copied before it returns. Settles as the method does. */
  call(what: string, object: number, method: string, args: unknown[]): Promise<unknown> {
    return this.request(what, ["call", object, method, args, chainOf(this.manager)]);
  }

  /** Ends a transaction: keeps its changes, or undoes them. */
  endTransaction(what: string, transaction: number, commit: boolean): Promise<unknown> {
    return this.request(what, ["end", transaction, commit]);
  }

  /** Makes the manager forget an object. */
  forget(what: string, object: number): Promise<unknown> {
    return this.request(what, ["forget", object]);
  }

  /** Sends a request; settles as its reply does. `what` is for messages of errors. */
  abstract request(what: string, request: ClientRequest): Promise<unknown>;
  /** Sends a request that has no reply. The manager runs it before all requests that are sent later, by any thread. */
  abstract post(what: string, request: ClientRequest): void;
  /** Rejects all pending and later calls: the manager has ended. */
  abstract close(ending: Ending): void;
  /** Returns the handle of the manager, or of a proxy. */
  abstract handle(kind: string, fields?: Record<string, unknown>): Handle;
}

const IDS = 2 ** 32;

function firstId(client: number): number {
  return client * IDS;
}

/** Whether a client has made this id. */
export function isIdOf(client: number, id: number): boolean {
  return Number.isSafeInteger(id) && id > firstId(client) && id < firstId(client + 1);
}
