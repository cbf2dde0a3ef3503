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
    return this.#object.askSync("size") as number;
  }

  get closed(): boolean {
    return this.#object.askSync("closed") as boolean;
  }

  get arrivals(): number {
    return this.#object.askSync("arrivals") as number;
  }

  get unfinished(): number {
    return this.#object.askSync("unfinished") as number;
  }

  put(_: string, item: unknown, timeout: number | undefined, signal?: AbortSignal): Promise<number | undefined> {
    return this.#object.ask("put", [item, timeout], signal, given(item)) as Promise<number | undefined>;
  }

  putSync(_: string, item: unknown, timeout: number | undefined): number | undefined {
    return this.#object.askSync("put", [item, timeout], given(item)) as number | undefined;
  }

  tryPut(_: string, item: unknown): "ok" | "full" | "closed" {
    return this.#object.askSync("tryPut", [item], given(item)) as "ok" | "full" | "closed";
  }

  async take(_: string, timeout: number | undefined, signal?: AbortSignal): Promise<unknown> {
    return valueTaken(await this.#object.ask("take", [timeout], signal));
  }

  takeSync(_: string, timeout: number | undefined): unknown {
    return valueTaken(this.#object.askSync("take", [timeout]));
  }

  tryTake(): unknown {
    return valueTaken(this.#object.askSync("tryTake"));
  }

  takeLost(): number[] {
    return this.#object.askSync("takeLost") as number[];
  }

  close(): void {
    this.#object.askSync("close");
  }

  async ready(signal: AbortSignal): Promise<void> {
    await this.#object.ask("ready", [], signal);
  }

  wakeNextConsumer(): void {
    this.#object.tell("wakeNextConsumer");
  }

  taskDone(): boolean {
    return this.#object.askSync("taskDone") as boolean;
  }

  async join(_: string, timeout: number | undefined, signal?: AbortSignal): Promise<void> {
    await this.#object.ask("join", [timeout], signal);
  }

  joinSync(_: string, timeout: number | undefined): void {
    this.#object.askSync("join", [timeout]);
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
