/**
 * A manager of this process, as a worker process calls it: through a client of its own, so that its transactions are undone
 * when it ends.
 *
 * The ids of objects can be guessed. So a worker may use only the objects that it was given or has made. New objects, and
 * transactions on all objects, need the manager itself.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { ALL_OBJECTS } from "../manager/claim.ts";
import { Client } from "../manager/client.ts";
import { ENDED } from "../manager/endings.ts";
import { isIdOf } from "../manager/manager_client.ts";
import { STORES } from "../manager/objects.ts";
import { checkRequest, type ClientRequest, type ManagerMemory } from "../manager/requests.ts";
import type { Handle } from "../shared/handle.ts";
import type { OwnerTable } from "../shared/owner_table.ts";
import { callMethod, type Method, type Served } from "./served.ts";

const METHODS: ReadonlyMap<string, Method<ServedManager>> = new Map<string, Method<ServedManager>>([
  ["request", (manager, [what, request]) => manager.request(text(what), request)],
  ["post", (manager, [what, request]) => manager.post(text(what), request)],
]);

// What a request is for, in the words of its worker.
function text(what: unknown): string {
  return typeof what === "string" ? what : "use Manager";
}

/** A manager of which a worker was given objects, or the manager itself. */
export class ServedManager implements Served {
  readonly #client: Client;
  // The handles of what the worker may use, by id; that of the manager by ALL_OBJECTS.
  readonly #granted = new Map<number, Handle>();

  /** @param ownersFor Returns the table of threads as the worker sees it. */
  constructor(handle: Handle, ownersFor: (table: SharedArrayBuffer) => OwnerTable) {
    const memory = handle.manager as ManagerMemory;
    this.#client = Client.inNameOf(ownersFor(memory.inbox.owners), memory);
  }

  refer(handle: Handle): Record<string, unknown> {
    const { kind, object = ALL_OBJECTS, type, methods } = handle;
    this.#granted.set(object as number, handle);
    return { of: kind, object, type, methods, client: this.#client.number };
  }

  resolve({ object }: Handle): Handle {
    const granted = this.#granted.get(object as number);
    if (granted === undefined) throw notGiven();
    return granted;
  }

  call(method: string, args: readonly unknown[], signal: AbortSignal): unknown {
    return callMethod(METHODS, this as ServedManager, method, args, signal);
  }

  close(): void {
    this.#client.close(ENDED.threadEnded);
  }

  /** Sends a request of the worker; settles as its reply does. */
  request(what: string, request: unknown): Promise<unknown> {
    // The worker adds the site of the call.
    return this.#client.send(what, this.#check(request), (error) => error);
  }

  /** Sends a request of the worker that has no reply. */
  post(what: string, request: unknown): void {
    this.#client.post(what, this.#check(request));
  }

  #check(data: unknown): ClientRequest {
    const request = checkRequest(data);
    if (request === undefined || !this.#isAllowed(request)) throw notGiven();
    // What the worker has made is its own.
    if (request[0] === "make") {
      this.#granted.set(request[1], this.#client.handle(`manager.${request[2]}`, { object: request[1] }));
    }
    return request;
  }

  #isAllowed(request: ClientRequest): boolean {
    switch (request[0]) {
      case "make":
        return this.#granted.has(ALL_OBJECTS) && this.#isOwn(request[1]) && !this.#granted.has(request[1]) &&
          Object.hasOwn(STORES, request[2]);
      case "call":
        return request[1] !== ALL_OBJECTS && this.#granted.has(request[1]) && this.#isOwnChain(request[4]);
      case "begin":
        return this.#granted.has(request[1]) && this.#isOwn(request[2]) && this.#isOwnChain(request[3]);
      case "end":
        return this.#isOwn(request[1]);
      case "forget":
        return request[1] !== ALL_OBJECTS && this.#granted.has(ALL_OBJECTS) && this.#granted.has(request[1]);
      default:
        return false;
    }
  }

  #isOwnChain(chain: readonly number[]): boolean {
    return chain.every((id) => this.#isOwn(id));
  }

  #isOwn(id: number): boolean {
    return isIdOf(this.#client.number, id);
  }
}

function notGiven(): IsopoolError {
  return new IsopoolError(
    "Cannot use object of Manager: this worker was not given it: pass its proxy, or the manager, to the task",
  );
}
