/**
 * The host's side of a worker that shares memory with this thread and has a port, however it is started and stopped.
 *
 * ```
 * send ----- call table, doorbell -----> serve     small arguments, through shared memory
 *      ----- run message --------------->          other arguments, by structured clone
 *      <---- call table, doorbell ------- answer   small results
 *      <---- message --------------------          other results, errors, items, progress
 * ```
 *
 * @module
 */
import type { TerminalClient } from "../core/isolate_state.ts";
import { Terminal } from "../core/terminal.ts";
import { performance } from "../core/platform.ts";
import { CallTable, CAPACITY, State } from "../protocol/call_table.ts";
import { Doorbell } from "../protocol/doorbell.ts";
import { decodeItems } from "../protocol/snapshot.ts";
import { encodeThrown } from "../protocol/error_record.ts";
import { KillGuard } from "../protocol/kill_guard.ts";
import { MessageValidator } from "../protocol/message_validator.ts";
import type { HostMessage, Phase, Port, WorkerMessage } from "../protocol/messages.ts";
import type { Shares } from "../protocol/shared_value.ts";
import { type ItemMessage, type ResultMessage, reviveThrown, reviveValue } from "../protocol/received_value.ts";
import { OwnerTable } from "../shared/owner_table.ts";
import { PendingCalls } from "./pending_calls.ts";
import type { Batch, Transport, TransportEvents } from "./transport.ts";
import { WorkerClock } from "./worker_clock.ts";

/** The host's side of one worker. A subclass says how the worker is started and how it ends. */
export abstract class PortTransport implements Transport {
  readonly window = CAPACITY;
  protected readonly callTable = new CallTable();
  protected readonly doorbell = new Doorbell();
  protected readonly killGuard = new KillGuard();
  /** The worker's number in the table of threads that can own a lock. */
  protected readonly owner = OwnerTable.local().register();
  /** Whether a cancel was sent and not confirmed yet: the worker's event loop may stand still. */
  protected cancelPending = false;
  protected readonly terminalClient: TerminalClient = Terminal.newClient();
  protected readonly events: TransportEvents;
  readonly #port: Port;
  readonly #validator: MessageValidator;
  readonly #calls: PendingCalls;
  // Ids of the tasks and shared values that the worker has.
  readonly #sentTasks = new Set<number>();
  readonly #sentShares = new Set<number>();
  readonly #clock = new WorkerClock();

  /**
   * @param port This thread's end of the worker's channel.
   * @param phases The worker's hooks and memory limit: only what it was given can fail.
   */
  constructor(port: Port, events: TransportEvents, phases: Record<Phase, unknown>) {
    this.#port = port;
    this.#validator = new MessageValidator(phases);
    this.events = events;
    this.#calls = new PendingCalls(this.callTable, this.doorbell, events);
  }

  /** {@inheritDoc Transport.free} */
  get free(): number {
    return this.#calls.free;
  }

  /** {@inheritDoc Transport.isLoading} */
  get isLoading(): boolean {
    return this.killGuard.isProtected;
  }

  /** {@inheritDoc Transport.send} */
  send(batch: Batch): void {
    const {
      first,
      taskId: task,
      items,
      spread,
      timeout,
      hasLimit,
      stream,
      shares,
      handles,
      transfer,
      timed,
      traceparent,
    } = batch;
    if (!this.#sentTasks.has(task)) {
      this.#sentTasks.add(task);
      this.post({ kind: "task", id: task, source: batch.source });
    }
    const header = { task, spread, timeout, hasLimit, attempt: batch.attempt, timed };
    const tail = first + items.length;
    const isPlain = stream === 0 && !shares && !handles && transfer.length === 0 && traceparent === undefined;
    const isWritten = isPlain && this.callTable.openBatch(first, header, items, this.#calls.head);
    if (isWritten) this.doorbell.publish(tail);
    else {
      if (shares) this.#share(shares);
      for (let seq = first; seq < tail; seq++) this.callTable.openPosted(seq);
      const shared = shares !== undefined;
      this.post(
        { kind: "run", ...header, first, items: decodeItems(items, spread), stream, shared, handles, traceparent },
        transfer,
      );
      this.doorbell.publishPosted(tail);
      // The scheduler does not ask again to drop a value whose handle was disposed of before this batch was sent.
      if (shares) { for (const [id, { disposed }] of shares) if (disposed) this.drop(id); }
    }
    this.#calls.sent(tail, isWritten ? batch.sentAt : performance.now()); // To post a message may take long.
  }

  /** Posts a message to the worker. */
  protected post(message: HostMessage, transfer: Transferable[] = []): void {
    this.#port.postMessage(message, transfer);
    this.doorbell.wake();
  }

  /** {@inheritDoc Transport.withdraw} */
  withdraw(seq: number): boolean {
    return this.#calls.withdraw(seq);
  }

  /** {@inheritDoc Transport.hasStarted} */
  hasStarted(seq: number): boolean {
    return !this.callTable.isQueued(seq);
  }

  isQueued(seq: number): boolean {
    return this.callTable.isQueued(seq);
  }

  /** {@inheritDoc Transport.isRunning} */
  isRunning(seq: number): boolean {
    return this.callTable.state(seq) === State.RUNNING;
  }

  /** {@inheritDoc Transport.startedAt} */
  startedAt(seq: number): number | undefined {
    return this.isRunning(seq) ? this.#clock.toLocal(this.callTable.startedAt(seq)) : undefined;
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

  /** {@inheritDoc Transport.close} */
  abstract close(): void;

  /** {@inheritDoc Transport.kill} */
  abstract kill(): void;

  /** Takes the worker's report that something other than a call has failed. */
  protected abstract failed(phase: Phase, cause: unknown): void;

  /** Takes what came through the port, if it is a valid message. */
  protected receiveUnchecked(data: unknown): void {
    // The calls of an abandoned worker are settled already.
    if (this.#calls.isClosed) return;
    const message = this.#validator.check(data, this.#calls.head, this.#calls.tail);
    if (message) this.receive(message);
  }

  /** Takes a valid message. */
  protected receive(message: WorkerMessage): void {
    switch (message.kind) {
      case "ready":
        this.#clock.started(message);
        return this.events.ready();
      case "initializing":
        return this.events.initializing();
      case "failed":
        return this.failed(message.phase, reviveThrown(message));
      case "cancel-received":
        this.cancelPending = false;
        return;
      case "grown":
        return this.events.grown();
      case "item":
        return this.#revive(message, (value) => this.events.item(message.seq, value));
      case "progress":
        return this.events.progress(message.seq, message.done, message.total);
      case "result":
        return this.#revive(
          message,
          (value) => this.#calls.settle(message.seq, () => this.events.fulfilled(message.seq, [value])),
        );
      case "timed":
        return this.events.timed(message.seq, this.#clock.timesOf(message));
      case "error":
        return this.#calls.reject(message.seq, reviveThrown(message));
      case "report":
        this.#calls.collect();
        this.events.measured(message.count, message.ms, message.runTime);
    }
  }

  /**
   * Stops listening to the worker, after reading the results that are left in the call table.
   *
   * @param ended Whether no code of the worker can run any more.
   */
  protected disconnect(ended: boolean): void {
    if (ended) this.releaseOwner();
    else OwnerTable.local().lost(this.owner);
    this.#calls.close();
  }

  /** Lets other threads take over the locks that the worker held. No code of the worker can run any more. */
  protected releaseOwner(): void {
    OwnerTable.local().died(this.owner);
  }

  /** Frees the ports and the entries of a worker that the runtime has refused to start. */
  protected notStarted(...ports: { close(): void }[]): void {
    for (const port of ports) port.close();
    Terminal.local().ownerEnded(this.terminalClient.owner);
    this.disconnect(true);
  }

  #share(shares: Shares): void {
    for (const [id, { value, handles }] of shares) {
      if (this.#sentShares.has(id)) continue;
      this.post({ kind: "share", id, value, handles });
      this.#sentShares.add(id);
    }
  }

  // A shared object that cannot be revived here fails the call that sent it.
  #revive({ seq, value, errors, handles }: ResultMessage | ItemMessage, take: (value: unknown) => void): void {
    let revived: unknown;
    try {
      revived = reviveValue(value, handles, errors);
    } catch (error) {
      return this.#calls.reject(seq, error);
    }
    take(revived);
  }
}
