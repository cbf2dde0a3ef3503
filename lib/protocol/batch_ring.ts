/**
 * A ring buffer for calls whose arguments lie in shared memory: one record on a {@linkcode ValueRing} for each batch. A unit is
 * 8 bytes.
 *
 * ```
 * first | count    task | attempt    timeout    flags    then: numbers, one unit each
 *                                                        or:   one value for each call
 *                                                        or:   for each call its argument count, and the arguments
 * ```
 *
 * A record is in use until the last of its calls has ended. The worker reads an item only after it has taken the item's
 * call: until then the host may withdraw the calls and write another record over theirs.
 *
 * @module
 */
import { Deque } from "../core/deque.ts";
import type { Items, RunMessage } from "./messages.ts";
import { ValueRing } from "./value_ring.ts";

const Flag = { SPREAD: 1, HAS_LIMIT: 2, NUMBERS: 4, TIMED: 8 } as const;

/** What the calls of a batch have in common besides their arguments. */
export type BatchHeader = Pick<RunMessage, "task" | "spread" | "timeout" | "hasLimit" | "attempt" | "timed">;

/** The batches on the way from a host to its worker, as either side sees them. */
export class BatchRing {
  readonly #ring: ValueRing;
  // Host: for each record in use the number of its last call, and the unit after the record.
  readonly #records = new Deque<{ last: number; end: number }>();

  constructor(memory?: SharedArrayBuffer) {
    this.#ring = new ValueRing(memory);
  }

  /** The memory to hand to the other side. */
  get memory(): SharedArrayBuffer {
    return this.#ring.memory;
  }

  /**
   * Host: writes a batch. Returns the offset of its record, or `-1` if it does not fit.
   *
   * @param first Number of its first call.
   * @param items Copies made by `snapshot()`.
   * @param head Number of the first call that has not ended.
   */
  write(first: number, header: BatchHeader, items: readonly unknown[], head: number): number {
    this.#free(head);
    const offset = this.#ring.write(() => this.#put(first, header, items));
    if (offset >= 0) this.#records.push({ last: first + items.length - 1, end: this.#ring.cursor });
    return offset;
  }

  /** Worker: reads the batch at an offset, from call number `from` on. */
  read(offset: number, from: number): RunMessage {
    const ring = this.#ring;
    ring.seek(offset);
    const [first, count] = ring.getInts();
    const [task, attempt] = ring.getInts();
    const timeout = ring.getNumber();
    const [flags] = ring.getInts();
    const spread = (flags & Flag.SPREAD) !== 0;
    // `first` has the low 32 bits of the number.
    const skipped = (from - first) | 0;
    const items = (flags & Flag.NUMBERS) !== 0
      ? new NumberItems(ring, skipped, count - skipped)
      : new ValueItems(ring, skipped, count - skipped, spread);
    return {
      kind: "run",
      task,
      first: from,
      items,
      spread,
      timeout: timeout < 0 ? undefined : timeout,
      hasLimit: (flags & Flag.HAS_LIMIT) !== 0,
      attempt,
      stream: 0,
      shared: false,
      handles: false,
      timed: (flags & Flag.TIMED) !== 0,
      traceparent: undefined,
    };
  }

  #put(
    first: number,
    { task, attempt, timeout = -1, spread, hasLimit, timed }: BatchHeader,
    items: readonly unknown[],
  ): boolean {
    const ring = this.#ring;
    const areNumbers = !spread && items.every((item) => typeof item === "number");
    const flags = (spread ? Flag.SPREAD : 0) | (hasLimit ? Flag.HAS_LIMIT : 0) | (areNumbers ? Flag.NUMBERS : 0) |
      (timed ? Flag.TIMED : 0);
    return ring.putInts(first | 0, items.length) && ring.putInts(task, attempt) && ring.putNumber(timeout) &&
      ring.putInts(flags, 0) && // 0: the unused half of the unit
      (areNumbers ? ring.putNumbers(items as readonly number[]) : items.every((item) => this.#putItem(item, spread)));
  }

  #putItem(item: unknown, spread: boolean): boolean {
    const ring = this.#ring;
    if (!spread) return ring.put(item);
    const args = item as readonly unknown[];
    if (!ring.putInts(args.length, 0)) return false;
    for (let i = 0; i < args.length; i++) if (!ring.put(args[i])) return false;
    return true;
  }

  // Frees the records whose calls have all ended.
  #free(head: number): void {
    let end = 0;
    for (let record; (record = this.#records.peek()) && record.last < head;) {
      this.#records.shift();
      end = record.end;
    }
    if (end > 0) this.#ring.free(end);
  }
}

/** The items of a batch of numbers. */
class NumberItems implements Items {
  readonly length: number;
  readonly #ring: ValueRing;
  readonly #start: number;

  constructor(ring: ValueRing, skipped: number, length: number) {
    this.length = length;
    this.#ring = ring;
    this.#start = ring.cursor + skipped;
  }

  at(index: number): unknown {
    return this.#ring.numberAt(this.#start + index);
  }
}

/** The items of a batch of other values, which lie one after another on the ring. */
class ValueItems implements Items {
  readonly length: number;
  readonly #ring: ValueRing;
  readonly #spread: boolean;
  readonly #skipped: number;
  readonly #start: number;
  // Index and unit of the item that the last read has reached.
  #index = 0;
  #unit: number;

  constructor(ring: ValueRing, skipped: number, length: number, spread: boolean) {
    this.length = length;
    this.#ring = ring;
    this.#spread = spread;
    this.#skipped = skipped;
    this.#start = this.#unit = ring.cursor;
  }

  at(index: number): unknown {
    const ring = this.#ring;
    const wanted = this.#skipped + index;
    // Concurrent calls may read their items in another order.
    if (wanted < this.#index) [this.#index, this.#unit] = [0, this.#start];
    ring.seek(this.#unit);
    for (; this.#index < wanted; this.#index++) {
      for (let values = this.#spread ? ring.getInts()[0] : 1; values > 0; values--) ring.skip();
      this.#unit = ring.cursor;
    }
    if (!this.#spread) return ring.get();
    const args: unknown[] = [];
    for (let values = ring.getInts()[0]; values > 0; values--) args.push(ring.get());
    return args;
  }
}
