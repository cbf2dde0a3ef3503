/**
 * An end of a pipe whose channels are in the shared memory of this process. steps/ends.ts decides whether an end still
 * exists; a call that waits at one end checks the other every 50 ms.
 *
 * @module
 */
import { corruptMemory } from "../core/corrupt_memory.ts";
import { IsopoolError } from "../core/errors.ts";
import { QueueClosedError } from "../core/object_errors.ts";
import { type Handle, VERSION } from "../shared/handle.ts";
import { SharedWords } from "../shared/memory.ts";
import type { OwnerTable } from "../shared/owner_table.ts";
import { Result } from "../shared/steps/step.ts";
import { runToEnd } from "../shared/waiting.ts";
import { Channel, type ChannelMemory } from "./channel.ts";
import { decodeTaken, decodeTried } from "./channel_items.ts";
import { encodeOrRefuse } from "./codec.ts";
import { Control } from "./control_layout.ts";
import type { Arrivals } from "./item_source.ts";
import type { PipeEnd } from "./pipe_end.ts";
import { arrive, checkEnd, End, leave, send } from "./steps/ends.ts";

/** The shared memory of an end of a pipe. */
export interface ConnectionMemory {
  readonly ends: SharedArrayBuffer;
  readonly side: number;
  readonly inbox: ChannelMemory | undefined;
  readonly outbox: ChannelMemory | undefined;
}

/** One end of a pipe. */
export class ChannelEnd implements PipeEnd {
  readonly #memory: ConnectionMemory;
  readonly #inbox: Channel | undefined;
  readonly #outbox: Channel | undefined;
  readonly #end: SharedWords;
  readonly #otherEnd: SharedWords;

  /**
   * Takes an end that has arrived.
   *
   * @param owner The table of threads, as the owner sees it in whose name this end is used.
   */
  constructor(from: ConnectionMemory, owner?: OwnerTable) {
    const memory = this.#memory = checkMemory(from);
    this.#inbox = memory.inbox && new Channel(memory.inbox, owner);
    this.#outbox = memory.outbox && new Channel(memory.outbox, owner);
    const { owners } = (this.#inbox ?? this.#outbox)!;
    const end = (side: number) => new SharedWords(memory.ends, owners, side * End.SIZE, End.SIZE);
    this.#end = end(memory.side);
    this.#otherEnd = end(1 - memory.side);
    for (const each of [this.#inbox, this.#outbox]) if (each) each.onWait = () => this.#checkOtherEnd();
    runToEnd("open Connection", this.#end, arrive);
  }

  get open(): boolean {
    return this.#end.load(End.HOLDER) === this.#end.owners.me;
  }

  async send(call: string, message: unknown, timeout: number | undefined, signal?: AbortSignal): Promise<boolean> {
    const outbox = this.#channel(call, this.#outbox);
    return await outbox.put(call, encodeOrRefuse(message, "message"), timeout, signal) !== undefined;
  }

  sendSync(call: string, message: unknown, timeout: number | undefined): boolean {
    return this.#channel(call, this.#outbox).putSync(call, encodeOrRefuse(message, "message"), timeout) !== undefined;
  }

  take(call: string, timeout: number | undefined, signal?: AbortSignal): Promise<unknown> {
    return this.#channel(call, this.#inbox).take(call, timeout, signal, decodeTaken);
  }

  takeSync(call: string, timeout: number | undefined): unknown {
    return decodeTaken(this.#channel(call, this.#inbox).takeSync(call, timeout));
  }

  tryTake(call: string): unknown {
    return decodeTried(this.#channel(call, this.#inbox).tryTake(call));
  }

  poll(call: string): boolean {
    const inbox = this.#channel(call, this.#inbox);
    return inbox.size > 0 || inbox.closed;
  }

  arrivals(call: string): Arrivals {
    const inbox = this.#channel(call, this.#inbox);
    return {
      ready: (signal) => inbox.ready("select", signal),
      wakeNextConsumer: () => inbox.wakeNextConsumer(),
      get arrivals() {
        return inbox.control.load(Control.TAIL);
      },
    };
  }

  close(): void {
    if (runToEnd("close Connection", this.#end, leave).result === Result.CLOSED) this.#closeBoth();
  }

  handle(kind: string): Handle {
    send(this.#end);
    return { kind, version: VERSION, parts: this.#memory };
  }

  #channel(call: string, channel: Channel | undefined): Channel {
    if (channel === undefined) {
      throw new IsopoolError(`Cannot ${call}: this end of a one-way pipe ${this.#inbox ? "receives" : "sends"} only`);
    }
    if (!this.open) throw new QueueClosedError(`Cannot ${call}: this end is closed, or was sent to another thread`);
    this.#checkOtherEnd();
    return channel;
  }

  // An end whose thread has died closes nothing itself, so this end does.
  #checkOtherEnd(): void {
    if (runToEnd("check Connection", this.#otherEnd, checkEnd).result === Result.CLOSED) this.#closeBoth();
  }

  #closeBoth(): void {
    for (const each of [this.#inbox, this.#outbox]) if (each && !each.closed) each.close();
  }
}

// Checks the memory of an end that has arrived: any code can write a handle.
function checkMemory(memory: ConnectionMemory): ConnectionMemory {
  const { ends, side, inbox, outbox }: Partial<ConnectionMemory> = memory ?? {};
  const isEnd = ends instanceof SharedArrayBuffer && ends.byteLength === 2 * End.SIZE * 4;
  if (!isEnd || (side !== 0 && side !== 1) || (inbox ?? outbox) === undefined) {
    throw corruptMemory("receive Connection");
  }
  return memory;
}
