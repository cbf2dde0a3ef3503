/**
 * An end of a pipe of the host, as the worker process that holds it reaches it.
 *
 * @module
 */
import type { Arrivals } from "../queue/item_source.ts";
import type { PipeEnd } from "../queue/pipe_end.ts";
import type { Handle } from "../shared/handle.ts";
import { HostObject } from "./host_objects.ts";
import { valueTaken } from "./remote_queue.ts";

/** An end of a pipe of the host. */
export class RemoteEnd implements PipeEnd {
  readonly #object: HostObject;
  #isHeld = true;

  /** Takes an end that has arrived. */
  constructor(handle: Handle) {
    this.#object = HostObject.of(handle);
    this.#object.notify("arrive");
  }

  get open(): boolean {
    return this.#isHeld;
  }

  send(_: string, message: unknown, timeout: number | undefined, signal?: AbortSignal): Promise<boolean> {
    return this.#object.request("send", [message, timeout], signal, given(message)) as Promise<boolean>;
  }

  sendSync(_: string, message: unknown, timeout: number | undefined): boolean {
    return this.#object.requestSync("send", [message, timeout], given(message)) as boolean;
  }

  async take(_: string, timeout: number | undefined, signal?: AbortSignal): Promise<unknown> {
    return valueTaken(await this.#object.request("take", [timeout], signal));
  }

  takeSync(_: string, timeout: number | undefined): unknown {
    return valueTaken(this.#object.requestSync("take", [timeout]));
  }

  tryTake(): unknown {
    return valueTaken(this.#object.requestSync("tryTake"));
  }

  poll(): boolean {
    return this.#object.requestSync("poll") as boolean;
  }

  arrivals(): Arrivals {
    const object = this.#object;
    return {
      ready: async (signal) => void await object.request("ready", [], signal),
      wakeNextConsumer: () => object.notify("wakeNextConsumer"),
      get arrivals() {
        return object.requestSync("arrivals") as number;
      },
    };
  }

  close(): void {
    if (this.#isHeld) this.#object.notify("close");
    this.#isHeld = false;
  }

  handle(kind: string): Handle {
    this.#isHeld = false;
    return this.#object.handle({ of: kind });
  }
}

function given(value: unknown): { value: unknown; name: string } {
  return { value, name: "message" };
}
