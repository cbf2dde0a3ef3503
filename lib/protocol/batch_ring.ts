/**
 * Calls whose arguments are in shared memory: a record on the {@linkcode ValueRing} for each batch.
 *
 * ```
 * first | count    task | attempt    timeout    flags    then: numbers, a unit each
 *                                                        or:   a value for each call
 *                                                        or:   for each its argument list: how many, and so many values
 * ```
 *
 * A record is in use until the last of its calls has ended. The items of a batch are read when their call has been taken:
 * until then they may be taken back, and another record be written over them.
 *
 * @module
 */
import { Deque } from "../core/deque.ts";
import type { Items, RunMessage } from "./messages.ts";
import { ValueRing } from "./value_ring.ts";

const Flag = { SPREAD: 1, LIMITED: 2, NUMBERS: 4 } as const;

/** What a call is besides its arguments. */
export type BatchHeader = Pick<RunMessage, "task" | "spread" | "timeout" | "limited" | "attempt">;

/** The calls on the way to one worker, seen from either side. */
export class BatchRing {
  readonly #ring: ValueRing;
  // Host: of each record the number of its last call, and the unit behind it.
  readonly #records = new Deque<{ last: number; end: number }>();

  constructor(memory?: SharedArrayBuffer) {
    this.#ring = new ValueRing(memory);
  }

  /** The memory to hand to the other side. */
  get memory(): SharedArrayBuffer {
    return this.#ring.memory;
  }

  /**
   * Host: writes a batch; gives its place, or `-1` if it does not fit.
   *
   * @param first Number of its first call.
   * @param items What `snapshot()` made of them.
   * @param head Number of the first call that has not ended.
   */
  write(first: number, terms: BatchHeader, items: readonly unknown[], head: number): number {
    this.#release(head);
    const place = this.#ring.write(() => this.#put(first, terms, items));
    if (place >= 0) this.#records.push({ last: first + items.length - 1, end: this.#ring.at });
    return place;
  }

  /** Worker: the batch at a place, from call number `from` of it on. */
  read(place: number, from: number): RunMessage {
    const spool = this.#ring;
    spool.seek(place);
    const [first, count] = spool.getInts();
    const [task, attempt] = spool.getInts();
    const timeout = spool.getNumber();
    const [flags] = spool.getInts();
    const spread = (flags & Flag.SPREAD) !== 0;
    // At 32 bits: numbers may have more.
    const skipped = (from - first) | 0;
    const items = (flags & Flag.NUMBERS) !== 0
      ? new NumberItems(spool, skipped, count - skipped)
      : new ValueItems(spool, skipped, count - skipped, spread);
    return {
      kind: "run",
      task,
      first: from,
      items,
      spread,
      timeout: timeout < 0 ? undefined : timeout,
      limited: (flags & Flag.LIMITED) !== 0,
      attempt,
      stream: 0,
      shared: false,
      handles: false,
    };
  }

  #put(
    first: number,
    { task, attempt, timeout = -1, spread, limited }: BatchHeader,
    items: readonly unknown[],
  ): boolean {
    const spool = this.#ring;
    const areNumbers = !spread && items.every((item) => typeof item === "number");
    const flags = (spread ? Flag.SPREAD : 0) | (limited ? Flag.LIMITED : 0) | (areNumbers ? Flag.NUMBERS : 0);
    return spool.putInts(first | 0, items.length) && spool.putInts(task, attempt) && spool.putNumber(timeout) &&
      spool.putInts(flags, 0) &&
      (areNumbers ? spool.putNumbers(items as readonly number[]) : items.every((item) => this.#putItem(item, spread)));
  }

  #putItem(item: unknown, spread: boolean): boolean {
    const spool = this.#ring;
    if (!spread) return spool.put(item);
    const args = item as readonly unknown[];
    if (!spool.putInts(args.length, 0)) return false;
    for (let i = 0; i < args.length; i++) if (!spool.put(args[i])) return false;
    return true;
  }

  #release(head: number): void {
    let end = 0;
    for (let record; (record = this.#records.peek()) && record.last < head;) {
      this.#records.shift();
      end = record.end;
    }
    if (end > 0) this.#ring.free(end);
  }
}

/** The items of one batch, where they are numbers. */
class NumberItems implements Items {
  readonly length: number;
  readonly #spool: ValueRing;
  readonly #start: number;

  constructor(spool: ValueRing, skipped: number, length: number) {
    this.length = length;
    this.#spool = spool;
    this.#start = spool.at + skipped;
  }

  at(index: number): unknown {
    return this.#spool.numberAt(this.#start + index);
  }
}

/** The items of one batch, one after another on the spool. */
class ValueItems implements Items {
  readonly length: number;
  readonly #spool: ValueRing;
  readonly #spread: boolean;
  readonly #skipped: number;
  readonly #start: number;
  // Which item is next, and where.
  #next = 0;
  #place: number;

  constructor(spool: ValueRing, skipped: number, length: number, spread: boolean) {
    this.length = length;
    this.#spool = spool;
    this.#spread = spread;
    this.#skipped = skipped;
    this.#start = this.#place = spool.at;
  }

  at(index: number): unknown {
    const spool = this.#spool;
    const wanted = this.#skipped + index;
    // Calls that run side by side may ask in another order.
    if (wanted < this.#next) [this.#next, this.#place] = [0, this.#start];
    spool.seek(this.#place);
    for (; this.#next < wanted; this.#next++) {
      for (let values = this.#spread ? spool.getInts()[0] : 1; values > 0; values--) spool.skip();
      this.#place = spool.at;
    }
    if (!this.#spread) return spool.get();
    const args: unknown[] = [];
    for (let values = spool.getInts()[0]; values > 0; values--) args.push(spool.get());
    return args;
  }
}
