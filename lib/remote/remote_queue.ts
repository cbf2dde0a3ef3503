/**
 * The items of a queue of the host, as a worker process reaches them.
 *
 * @module
 */
import { CLOSED, EMPTY, type JoinSource } from "../queue/item_source.ts";
import type { Handle } from "../shared/handle.ts";
import { HostObject } from "./host_objects.ts";

/** A queue of the host. */
export class RemoteItems implements JoinSource {
  readonly name: string;
  readonly maxSize: number;
  readonly #object: HostObject;
  readonly #kind: string;

  /** Takes a queue that has arrived. */
  constructor(handle: Handle) {
    this.#object = HostObject.of(handle);
    this.#kind = handle.of as string;
    this.name = this.#kind === "queue" ? "Queue" : "JoinableQueue";
    this.maxSize = handle.maxSize as number;
  }

  get size(): number {
    return this.#object.requestSync("size") as number;
  }

  get closed(): boolean {
    return this.#object.requestSync("closed") as boolean;
  }

  get arrivals(): number {
    return this.#object.requestSync("arrivals") as number;
  }

  get unfinished(): number {
    return this.#object.requestSync("unfinished") as number;
  }

  put(_: string, item: unknown, timeout: number | undefined, signal?: AbortSignal): Promise<number | undefined> {
    return this.#object.request("put", [item, timeout], signal, given(item)) as Promise<number | undefined>;
  }

  putSync(_: string, item: unknown, timeout: number | undefined): number | undefined {
    return this.#object.requestSync("put", [item, timeout], given(item)) as number | undefined;
  }

  tryPut(_: string, item: unknown): "ok" | "full" | "closed" {
    return this.#object.requestSync("tryPut", [item], given(item)) as "ok" | "full" | "closed";
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

  takeLost(): number[] {
    return this.#object.requestSync("takeLost") as number[];
  }

  close(): void {
    this.#object.requestSync("close");
  }

  async ready(signal: AbortSignal): Promise<void> {
    await this.#object.request("ready", [], signal);
  }

  wakeNextConsumer(): void {
    this.#object.notify("wakeNextConsumer");
  }

  taskDone(): boolean {
    return this.#object.requestSync("taskDone") as boolean;
  }

  async join(_: string, timeout: number | undefined, signal?: AbortSignal): Promise<void> {
    await this.#object.request("join", [timeout], signal);
  }

  joinSync(_: string, timeout: number | undefined): void {
    this.#object.requestSync("join", [timeout]);
  }

  handle(): Handle {
    return this.#object.handle({ of: this.#kind });
  }
}

function given(value: unknown): { value: unknown; name: string } {
  return { value, name: "item" };
}

/** Returns what a take of the host has returned. */
export function valueTaken(taken: unknown): unknown {
  const [state, value] = taken as [string, unknown];
  return state === "ok" ? value : state === "empty" ? EMPTY : CLOSED;
}
