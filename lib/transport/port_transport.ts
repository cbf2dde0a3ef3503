/**
 * A transport to a worker that shares memory with this thread and has a port: what was sent, what the board says of it,
 * and which answers have been reported. Everything that is the same however such a worker is made and stopped.
 *
 * ```
 * send ----- board, bell -----> serve            small arguments through shared memory: protocol/{board,calls,bell}.ts
 *      ----- run message ----->                  others by structured clone, on a port of the worker's own
 *      <---- board, bell -----  answer           small results
 *      <---- message ---------                   others, and what else there is to say
 * ```
 *
 * @module
 */
import { setImmediate } from "node:timers";
import type { TerminalClient } from "../core/isolate_state.ts";
import { Terminal } from "../core/terminal.ts";
import type { Timer } from "../core/timer.ts";
import { Doorbell } from "../protocol/doorbell.ts";
import { CallTable, CAPACITY, State } from "../protocol/call_table.ts";
import { decodeThrown, encodeThrown } from "../protocol/error_record.ts";
import { decodeItems } from "../protocol/envelope.ts";
import type { HostMessage, Phase, Port, WorkerMessage } from "../protocol/messages.ts";
import { OwnerTable } from "../shared/owner_table.ts";
import { type ItemMessage, type ResultMessage, reviveValue } from "../protocol/value_messages.ts";
import { MessageValidator } from "../protocol/message_validator.ts";
import type { Shares } from "../protocol/shared_value.ts";
import type { Batch, Transport, TransportEvents } from "./transport.ts";

/** How often, in milliseconds, the board is looked at by itself while calls wait behind one that may run for long. */
const POLL_INTERVAL = 2;

/** The host's side of one worker's calls. How it ends is up to the kind of worker. */
export abstract class PortTransport implements Transport {
  readonly window = CAPACITY;
  protected readonly callTable = new CallTable();
  protected readonly doorbell = new Doorbell();
  /** The worker's place in the table of threads. */
  protected readonly owner = OwnerTable.local().register();
  /** A cancel was sent and not heard: the worker's loop does not turn. */
  protected cancelPending = false;
  /** The worker's place at the screen. */
  protected readonly terminalClient: TerminalClient = Terminal.newClient();
  readonly #port: Port;
  readonly #validator: MessageValidator;
  protected readonly events: TransportEvents;
  // Tasks and shared values that the worker has.
  readonly #sentTasks = new Set<number>();
  readonly #sentShares = new Set<number>();
  // Calls beyond the head that the board need not answer: it came by message, or they were withdrawn.
  readonly #done = new Set<number>();
  // Calls from head to tail are in flight.
  #head = 0;
  #tail = 0;
  // From the worker's clock to this thread's.
  #clockOffset = 0;
  #pollTimer: Timer | undefined;
  // Whether the end of a wait for the bell is to come, and whether nothing comes any more.
  #listening = false;
  #gone = false;

  /**
   * @param port This thread's end of the worker's channel.
   * @param given What the worker was given that can fail besides its calls.
   */
  constructor(port: Port, events: TransportEvents, given: Record<Phase, unknown>) {
    this.#port = port;
    this.#validator = new MessageValidator(given);
    this.events = events;
  }

  /** How many calls fit. A long call pins its place on the board, however many behind it were withdrawn. */
  get free(): number {
    return CAPACITY - (this.#tail - this.#head);
  }

  /** {@inheritDoc Transport.send} */
  send(batch: Batch): void {
    const { first, taskId: task, source, items, spread, timeout, limited, attempt, stream, shares, handles, transfer } =
      batch;
    if (!this.#sentTasks.has(task)) {
      this.#sentTasks.add(task);
      this.post({ kind: "task", id: task, source });
    }
    const terms = { task, spread, timeout, limited, attempt };
    const tail = first + items.length;
    const isPlain = stream === 0 && !shares && !handles && transfer.length === 0;
    if (isPlain && this.callTable.openBatch(first, terms, items, this.#head)) this.doorbell.publish(tail);
    else {
      if (shares) this.#share(shares);
      for (let seq = first; seq < tail; seq++) this.callTable.openPosted(seq);
      const shared = shares !== undefined;
      this.post({ kind: "run", ...terms, first, items: decodeItems(items, spread), stream, shared, handles }, transfer);
      this.doorbell.publishPosted(tail);
      // A handle that was disposed of meanwhile: nobody tells again that its value can go.
      if (shares) { for (const [id, { disposed }] of shares) if (disposed) this.drop(id); }
    }
    this.#tail = tail;
    this.#listen();
    // With one call in flight its end is announced at once; the next may wait for a long one.
    if (this.#tail - this.#head > 1) this.#pollTimer ??= setTimeout(() => this.#poll(), POLL_INTERVAL);
  }

  /** Posts a message to the worker. */
  protected post(message: HostMessage, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer);
    this.doorbell.wake();
  }

  /** {@inheritDoc Transport.withdraw} */
  withdraw(seq: number): boolean {
    if (!this.callTable.withdraw(seq)) return false;
    // Remembered here, too: what the board says is the worker's word.
    this.#done.add(seq);
    return true;
  }

  /** {@inheritDoc Transport.hasStarted} */
  hasStarted(seq: number): boolean {
    return !this.callTable.isQueued(seq);
  }

  /** {@inheritDoc Transport.startedAt} */
  startedAt(seq: number): number | undefined {
    return this.callTable.state(seq) === State.RUNNING ? this.callTable.startedAt(seq) + this.#clockOffset : undefined;
  }

  /** {@inheritDoc Transport.cancel} */
  cancel(seq: number, reason: unknown): void {
    this.cancelPending = true;
    this.post({ kind: "cancel", seq, reason: encodeThrown(reason) });
  }

  /** {@inheritDoc Transport.grant} */
  grant(seq: number, count: number): void {
    this.post({ kind: "grant", seq, count });
  }

  /** {@inheritDoc Transport.drop} */
  drop(id: number): void {
    if (this.#sentShares.delete(id)) this.post({ kind: "drop", id });
  }

  /** The worker says that something other than a call has failed. */
  protected abstract failed(phase: Phase, cause: unknown): void;

  /** Takes what came from the worker, if it makes sense. */
  protected receiveUnchecked(data: unknown): void {
    const message = this.#validator.check(data, this.#head, this.#tail);
    if (message) this.receive(message);
  }

  /** Takes a message of the worker's. */
  protected receive(message: WorkerMessage): void {
    switch (message.kind) {
      case "ready":
        // Late by the message's way: a start time is never taken for earlier than it was, nor a timeout cut short.
        this.#clockOffset = performance.now() - message.now;
        return this.events.ready();
      case "initializing":
        return this.events.initializing();
      case "failed":
        return this.failed(message.phase, decodeThrown(message.thrown));
      case "cancel-received":
        this.cancelPending = false;
        return;
      case "item":
        return this.#revive(message, (value) => this.events.item(message.seq, value));
      case "progress":
        return this.events.progress(message.seq, message.done, message.total);
      case "result":
        return this.#revive(
          message,
          (value) => this.#deliver(message.seq, () => this.events.fulfilled(message.seq, [value])),
        );
      case "error":
        return this.#reject(message.seq, decodeThrown(message.thrown));
      case "report":
        this.#collectResults();
        this.events.measured(message.count, message.ms, message.ran);
    }
  }

  /** The worker is gone: reports what the board still has. `ended` says whether nothing of it can run any more. */
  protected workerGone(ended: boolean): void {
    if (ended) this.releaseOwner();
    else OwnerTable.local().lost(this.owner);
    clearTimeout(this.#pollTimer);
    this.#pollTimer = undefined;
    this.#collectResults();
    this.#gone = true;
    this.doorbell.close();
  }

  /** Nothing of the worker can run any more: what it held can be taken over. */
  protected releaseOwner(): void {
    OwnerTable.local().died(this.owner);
  }

  /** {@inheritDoc Transport.close} */
  abstract close(): void;

  /** {@inheritDoc Transport.kill} */
  abstract kill(): void;

  // Waits until the worker tells of answers, as long as some are to come.
  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    const heard = this.doorbell.reported();
    if (heard) void heard.then(() => this.#reported());
    // Not at once: a worker that tells without end must not keep this event loop from turning.
    else setImmediate(() => this.#reported());
  }

  #reported(): void {
    this.#listening = false;
    if (this.#gone) return;
    const { count, ms, ran } = this.doorbell.takeReport();
    this.#collectResults();
    if (count > 0) this.events.measured(count, ms, ran);
    if (this.#head < this.#tail) this.#listen();
  }

  #share(shares: Shares): void {
    for (const [id, { value, handles }] of shares) {
      if (this.#sentShares.has(id)) continue;
      this.post({ kind: "share", id, value, handles });
      this.#sentShares.add(id);
    }
  }

  // Reads the answers on the board, in order, up to the first call that has none. They are told in runs.
  #collectResults(): void {
    let values: unknown[] = [];
    const tell = () => {
      if (values.length === 0) return;
      const told = values;
      values = [];
      this.events.fulfilled(this.#head - told.length, told);
    };
    for (; this.#head < this.#tail; this.#head++) {
      const seq = this.#head;
      if (this.#done.size > 0 && this.#done.delete(seq)) {
        tell();
        continue;
      }
      const word = this.callTable.state(seq);
      if (word < State.TRUE || word >= State.POSTED) break;
      try {
        values.push(this.callTable.result(seq, word));
      } catch (error) {
        // What the worker has left is nonsense.
        tell();
        this.events.rejected(seq, error);
      }
    }
    tell();
  }

  #reject(seq: number, error: unknown): void {
    this.#deliver(seq, () => this.events.rejected(seq, error));
  }

  // A message about a call is here. It counts if the call has not been answered.
  #deliver(seq: number, tell: () => void): void {
    this.#collectResults();
    if (seq < this.#head || this.#done.has(seq)) return;
    this.#done.add(seq);
    tell();
    this.#collectResults();
  }

  // Shared objects that cannot come to life here, for whatever reason, fail the call that sent them.
  #revive({ seq, value, handles }: ResultMessage | ItemMessage, take: (value: unknown) => void): void {
    let opened: unknown;
    try {
      opened = reviveValue(value, handles);
    } catch (error) {
      return this.#reject(seq, error);
    }
    take(opened);
  }

  #poll(): void {
    this.#pollTimer = undefined;
    this.#collectResults();
    if (this.#tail - this.#head > 1) this.#pollTimer = setTimeout(() => this.#poll(), POLL_INTERVAL);
  }
}
