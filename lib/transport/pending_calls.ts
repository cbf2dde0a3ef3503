/**
 * The calls in flight with one worker, and their results in the order of the call numbers.
 *
 * ```
 *   answered    head                          tail
 *   ---------- | in flight, some settled early | not sent yet
 *                `collect` reads the call table from here, up to the first call without a result
 * ```
 *
 * A call beyond the head is settled early if its answer came by message or if the host withdrew it. The host keeps
 * those numbers in its own memory: a hostile worker can write any state into the call table.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { clearTimeout, queueMicrotask, setImmediate, setTimeout, type Timer } from "../core/timer.ts";
import { WaitBudget } from "../core/wait_budget.ts";
import { type CallTable, CAPACITY, State } from "../protocol/call_table.ts";
import type { Doorbell } from "../protocol/doorbell.ts";
import { isCoreFree, workerBecameBusy, workerBecameFree } from "./busy_workers.ts";
import type { TransportEvents } from "./transport.ts";

/** Milliseconds between two reads of the call table while calls wait behind one that may run for long. */
const COLLECT_INTERVAL = 2;

/** Maximum milliseconds for which the host polls before it sleeps: as long as waking it up takes on both sides. */
const MAX_POLL = 0.1;
/**
 * Maximum number of reads, 2 us in all, with which the host polls for the report of a single call before its event loop
 * turns. The worker needs 1 us for a trivial call, and a turn of the event loop takes as long.
 */
const READS = 120;
/** The same for a few calls, which the worker reports together. */
const READS_OF_FEW = 3 * READS;
/** Maximum number of calls that are a few. */
const FEW = 16;
/** Maximum number of reports in a row that are found by these reads. Then the event loop turns: sockets and timers have waited. */
const MAX_READ = 4;

/** The calls in flight with one worker. */
export class PendingCalls {
  /** Number of the first call that has not ended. */
  head = 0;
  /** One more than the number of the last call that was sent. */
  tail = 0;
  readonly #table: CallTable;
  readonly #doorbell: Doorbell;
  readonly #events: TransportEvents;
  // Numbers beyond the head whose result is not read from the call table.
  readonly #settled = new Set<number>();
  #collectTimer: Timer | undefined;
  // Whether a wait for the worker's next report is under way.
  #listening = false;
  #waitStart = 0;
  #mayPoll = false;
  #pollTime = 0;
  // Reports that `#readReport` has found since the event loop turned last.
  #readCount = 0;
  readonly #polling = new WaitBudget(MAX_POLL);
  /** Whether results and reports of the worker are ignored from now on. */
  isClosed = false;

  constructor(table: CallTable, doorbell: Doorbell, events: TransportEvents) {
    this.#table = table;
    this.#doorbell = doorbell;
    this.#events = events;
  }

  /** How many more calls fit. A long call keeps its slot of the call table, so at most CAPACITY - 1 calls can follow it. */
  get free(): number {
    return CAPACITY - (this.tail - this.head);
  }

  /** Adds the calls up to number `tail`, and reads their results from `now` on. */
  sent(tail: number, now: number): void {
    this.tail = tail;
    this.#listen(now);
    // The worker reports the end of a single call at once; of several, the first may end while the next runs for long.
    if (tail - this.head > 1) this.#collectTimer ??= setTimeout(() => this.#collectAgain(), COLLECT_INTERVAL);
  }

  /** Reads the results that are left in the call table, and no more. */
  close(): void {
    clearTimeout(this.#collectTimer);
    this.#collectTimer = undefined;
    this.collect();
    this.isClosed = true;
    this.#doorbell.close();
  }

  /** Takes back a call that has not started; `false` if it has. */
  withdraw(seq: number): boolean {
    if (!this.#table.withdraw(seq)) return false;
    this.#settled.add(seq);
    return true;
  }

  /** Reads the results in the call table up to the first call that has none, and reports neighbours together. */
  collect(): void {
    const table = this.#table;
    let values: unknown[] | undefined;
    for (; this.head < this.tail; this.head++) {
      const seq = this.head;
      if (this.#settled.size > 0 && this.#settled.delete(seq)) {
        values = this.#fulfilled(values);
        continue;
      }
      const state = table.state(seq);
      if (state < State.TRUE || state >= State.POSTED) break;
      try {
        const value = table.result(seq, state);
        // Mostly there is one: an empty array that grows has room for 17.
        if (values === undefined) values = [value];
        else values.push(value);
      } catch (error) {
        // The worker has left data that cannot be read.
        values = this.#fulfilled(values);
        this.#events.rejected(seq, error);
      }
    }
    this.#fulfilled(values);
  }

  // Reports the results of the calls before the head.
  #fulfilled(values: unknown[] | undefined): undefined {
    if (values !== undefined) this.#events.fulfilled(this.head - values.length, values);
  }

  /** Settles a call whose answer came by message. Ignores a call that is already settled. */
  settle(seq: number, report: () => void): void {
    this.collect();
    if (seq < this.head || this.#settled.has(seq)) return;
    this.#settled.add(seq);
    report();
    this.collect();
  }

  /** Rejects a call. Ignores a call that is already settled. */
  reject(seq: number, error: unknown): void {
    this.settle(seq, () => this.#events.rejected(seq, error));
  }

  // Waits for answers, as long as calls are in flight: polls for the report of a few calls before the event loop turns,
  // then in turns of the event loop, then sleeps.
  #listen(now: number): void {
    if (this.#listening) return;
    this.#listening = true;
    workerBecameBusy();
    this.#waitStart = now;
    this.#mayPoll = isCoreFree();
    this.#pollTime = this.#mayPoll ? this.#polling.begin() : 0;
    if (this.#pollTime === 0) this.#sleep();
    // In a microtask: the scheduler, which calls this, must note the call as sent before it gets the result.
    else if (this.tail - this.head <= FEW && this.#readCount < MAX_READ) queueMicrotask(this.#readReport);
    else this.#pollInNextTurn();
  }

  readonly #readReport = (): void => {
    const reads = this.tail - this.head === 1 ? READS : READS_OF_FEW;
    for (let i = 0; i < reads; i++) {
      if (!this.#doorbell.hasReport) continue;
      this.#readCount++;
      return this.#poll();
    }
    this.#pollInNextTurn();
  };

  #pollInNextTurn(): void {
    this.#readCount = 0;
    setImmediate(this.#poll);
  }

  readonly #poll = (): void => {
    if (this.isClosed) return this.#stopListening();
    const { head } = this;
    const now = performance.now();
    if (this.#doorbell.hasReport) this.#takeReport(now);
    else this.collect();
    const wait = now - this.#waitStart;
    if (this.head !== head) {
      this.#polling.end(wait);
      this.#stopListening();
      if (this.head < this.tail) this.#listen(performance.now());
    } else if (wait < this.#pollTime && isCoreFree()) this.#pollInNextTurn();
    else this.#sleep();
  };

  #sleep(): void {
    const reported = this.#doorbell.reported();
    if (reported) void reported.then(() => this.#onReport());
    // In a later turn: a worker that reports without end must not keep this event loop from turning.
    else setImmediate(() => this.#onReport());
  }

  #onReport(): void {
    this.#stopListening();
    if (this.isClosed) return;
    const now = performance.now();
    if (this.#mayPoll) this.#polling.end(now - this.#waitStart);
    this.#takeReport(now);
    if (this.head < this.tail) this.#listen(performance.now());
  }

  #stopListening(): void {
    this.#listening = false;
    workerBecameFree();
  }

  #takeReport(now: number): void {
    const { count, ms, runTime } = this.#doorbell.takeReport();
    this.collect();
    if (count > 0) this.#events.measured(count, ms, runTime, now);
  }

  #collectAgain(): void {
    this.#collectTimer = undefined;
    this.collect();
    if (this.tail - this.head > 1) this.#collectTimer = setTimeout(() => this.#collectAgain(), COLLECT_INTERVAL);
  }
}
