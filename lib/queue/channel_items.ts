/**
 * The items of a queue whose channel is in the shared memory of this process.
 *
 * @module
 */
import { ItemLostError } from "../core/object_errors.ts";
import { refusal } from "../core/validate.ts";
import { type Handle, VERSION } from "../shared/handle.ts";
import type { SharedWords } from "../shared/memory.ts";
import { runAsync } from "../shared/run_async.ts";
import { lockHeld } from "../shared/run_now.ts";
import { runSync } from "../shared/run_sync.ts";
import { ALL, end, type Frame, type Outcome, Result, sleep } from "../shared/steps/step.ts";
import { type Machine, newMachine } from "../shared/waiting.ts";
import { type Channel, type Item, UNLIMITED } from "./channel.ts";
import { decodeValue, type Encoded, encodeOrRefuse } from "./codec.ts";
import { Control } from "./control_layout.ts";
import { CLOSED, EMPTY, type JoinSource } from "./item_source.ts";
import { MAX_RECORD } from "./paged_log.ts";

/** The first free control word: raised when an item is done, so that `join` wakes up. Only the change matters. */
const CHANGED = Control.FREE;

/** The items of one queue. */
export class ChannelItems implements JoinSource {
  readonly channel: Channel;
  readonly name: string;
  readonly #acknowledges: boolean;

  /** @param acknowledges Whether a thread acknowledges its items by asking for the next one, and not by `taskDone`. */
  constructor(channel: Channel, name: string, acknowledges: boolean) {
    this.channel = channel;
    this.name = name;
    this.#acknowledges = acknowledges;
  }

  get size(): number {
    return this.channel.size;
  }

  get maxSize(): number {
    const { maxSize } = this.channel.memory;
    return maxSize === UNLIMITED ? Infinity : maxSize;
  }

  get closed(): boolean {
    return this.channel.closed;
  }

  get arrivals(): number {
    return this.channel.control.load(Control.TAIL);
  }

  put(call: string, item: unknown, timeout: number | undefined, signal?: AbortSignal): Promise<number | undefined> {
    return this.channel.put(call, encodeItem(call, item), timeout, signal);
  }

  putSync(call: string, item: unknown, timeout: number | undefined): number | undefined {
    return this.channel.putSync(call, encodeItem(call, item), timeout);
  }

  tryPut(call: string, item: unknown): "ok" | "full" | "closed" {
    const outcome = this.channel.tryPut(call, encodeItem(call, item));
    if (outcome === "busy") throw lockHeld(call);
    return outcome;
  }

  take(call: string, timeout: number | undefined, signal?: AbortSignal): Promise<unknown> {
    this.#acknowledge();
    return this.channel.take(call, timeout, signal, decodeTaken);
  }

  takeSync(call: string, timeout: number | undefined): unknown {
    this.#acknowledge();
    return decodeTaken(this.channel.takeSync(call, timeout));
  }

  tryTake(call: string): unknown {
    this.#acknowledge();
    return decodeTried(this.channel.tryTake(call));
  }

  takeLost(call: string): number[] {
    return this.channel.lost.take(call);
  }

  close(): void {
    this.channel.close();
  }

  ready(signal: AbortSignal): Promise<void> {
    return this.channel.ready("select", signal);
  }

  wakeNextConsumer(): void {
    this.channel.wakeNextConsumer();
  }

  handle(kind: string): Handle {
    return { kind, version: VERSION, memory: this.channel.memory };
  }

  get unfinished(): number {
    const { channel } = this;
    // Read before the number of puts: both only grow, so they are equal only if they were equal at one moment.
    const done = channel.deliveries.doneCount;
    // Tickets have 31 bits.
    return (channel.putCount - done) & 0x7fffffff;
  }

  taskDone(): boolean {
    const { control, deliveries } = this.channel;
    if (!deliveries.acknowledgeOldest()) return false;
    control.add(CHANGED, 1);
    control.notify(CHANGED, ALL);
    return true;
  }

  async join(call: string, timeout: number | undefined, signal?: AbortSignal): Promise<void> {
    await runAsync(this.#joinMachine(call, timeout), signal);
    this.#checkLost(call);
  }

  joinSync(call: string, timeout: number | undefined): void {
    runSync(this.#joinMachine(call, timeout));
    this.#checkLost(call);
  }

  #acknowledge(): void {
    if (this.#acknowledges) this.channel.deliveries.acknowledgeAll();
  }

  #joinMachine(call: string, timeout: number | undefined): Machine {
    return newMachine(call, this.channel.control, timeout, (words, frame) => this.#join(call, words, frame));
  }

  #join(call: string, words: SharedWords, frame: Frame): Outcome {
    const changed = words.load(CHANGED);
    // No message reports the death of a consumer, so each step, at least every 50 ms, searches for dead ones.
    this.channel.lost.collect(call);
    if (this.unfinished === 0) return end(frame, Result.OK);
    if (frame.giveUp) return end(frame, Result.GAVE_UP);
    return sleep(words, frame, CHANGED, changed, 0);
  }

  #checkLost(call: string): void {
    const { tickets } = this.channel.lost;
    if (tickets.length === 0) return;
    throw new ItemLostError(
      `Cannot ${call}: items were lost with their consumers (${tickets.length}): put them again; takeLost() returns their ` +
        "tickets",
      { tickets },
    );
  }
}

function encodeItem(call: string, item: unknown): Encoded {
  const record = encodeOrRefuse(item, "item");
  if (record.bytes.length <= MAX_RECORD) return record;
  throw refusal(
    `Cannot ${call}: the item has ${record.bytes.length} bytes, and a queue takes up to ${MAX_RECORD}: put it in parts, ` +
      "or the path of a file",
    RangeError,
  );
}

/** Decodes what a take of a channel returned. */
export function decodeTaken(item: Item | undefined): unknown {
  return item === undefined ? CLOSED : decodeValue(item);
}

/** Decodes what `tryTake` of a channel returned. */
export function decodeTried(item: Item | "empty" | "closed"): unknown {
  return item === "empty" ? EMPTY : item === "closed" ? CLOSED : decodeValue(item);
}
