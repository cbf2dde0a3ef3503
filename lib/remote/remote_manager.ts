/**
 * The client of a manager of the host, in a worker process.
 *
 * @module
 */
import { CallSite } from "../manager/call_site.ts";
import { type Ending, ManagerClient } from "../manager/manager_client.ts";
import type { ClientRequest } from "../manager/requests.ts";
import type { Handle } from "../shared/handle.ts";
import { type Given, HostObject } from "./host_objects.ts";

// One for each manager, so that code of one transaction calls through any proxy.
const clients = new WeakMap<HostObject, RemoteClient>();

/** This process's client of a manager of the host. */
export class RemoteClient extends ManagerClient {
  readonly manager: string;
  readonly number: number;
  readonly #object: HostObject;

  private constructor(object: HostObject, number: number) {
    super();
    this.manager = `host ${object.id}`;
    this.number = number;
    this.#object = object;
  }

  /** Returns the client of the manager whose handle has arrived. */
  static of(handle: Handle): RemoteClient {
    const object = HostObject.of(handle);
    let client = clients.get(object);
    if (client === undefined) clients.set(object, client = new RemoteClient(object, handle.client as number));
    return client;
  }

  async request(what: string, request: ClientRequest): Promise<unknown> {
    const site = new CallSite();
    try {
      return await this.#object.request("request", [what, request], undefined, given(request));
    } catch (error) {
      throw site.addTo(error);
    }
  }

  post(what: string, request: ClientRequest): void {
    this.#object.notify("post", [what, request], given(request));
  }

  close(ending: Ending): void {
    // Only the script that made the manager can close it.
    throw ending("close Manager");
  }

  handle(kind: string, fields?: Record<string, unknown>): Handle {
    return this.#object.handle({ ...fields, of: kind, client: this.number });
  }
}

// What to name in the error if the request cannot be copied: only the fourth field of `make` and `call` is the caller's.
function given(request: ClientRequest): Given {
  return { value: request[3], name: request[0] === "make" ? "initial" : "args" };
}
