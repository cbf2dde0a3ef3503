/**
 * The worker's side: takes batches, runs their calls, answers each as it finishes.
 *
 * ```
 * inbox.ts -> (a turn of its own) -> start on the board -> load -> call -> replies.ts: board, or message
 *                                                                          |-> yields, emits -> item message
 *                                                                          \-> throws -> error message
 * ```
 *
 * Calls run one after another, or up to `concurrency` of them side by side, started in order either way.
 *
 * @module
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { takeMove } from "../lib/core/move.ts";
import { type CallHost, RunningCall } from "../lib/core/running_call.ts";
import { scope } from "../lib/core/isolate_state.ts";
import { itemMessage, reviveValue, type ShareMessage } from "../lib/protocol/value_messages.ts";
import { transferError } from "../lib/protocol/envelope.ts";
import { decodeThrown } from "../lib/protocol/error_record.ts";
import type { TaskFunction } from "../lib/protocol/load_task.ts";
import type { HostMessage, RunMessage } from "../lib/protocol/messages.ts";
import { resolveShared } from "../lib/protocol/shared_value.ts";
import { OwnerTable } from "../lib/shared/owner_table.ts";
import { Replies } from "./replies.ts";
import { TaskRegistry } from "./task_registry.ts";
import { Inbox } from "./inbox.ts";
import type { HostLink } from "./host_link.ts";
import { Streams } from "./streams.ts";
import { runHook } from "./hooks.ts";

/** Starts serving; returns what to call with each message from the host. */
export function serve(link: HostLink): (message: HostMessage) => void {
  const server = new Server(link);
  const { depth, threads, owner } = link.init;
  OwnerTable.join(owner.memory, owner.id);
  scope.depth = depth;
  scope.threads = threads;
  scope.current = () => server.current;
  link.turn(() => server.start());
  return (message) => server.receive(message);
}

class Server implements CallHost {
  readonly workerId: number;
  readonly state = scope.state;
  readonly #host: HostLink;
  readonly #replies: Replies;
  readonly #tasks: TaskRegistry;
  readonly #shares = new Map<number, ShareMessage>();
  readonly #streams = new Streams();
  readonly #inbox: Inbox;
  readonly #concurrency: number;
  // Calls that run, by number, and which of them asks; one at a time needs neither.
  readonly #running = new Map<number, RunningCall>();
  readonly #callStorage: AsyncLocalStorage<RunningCall> | undefined;
  #runningAlone: RunningCall | undefined;
  #callEnded: (() => void) | undefined;
  #draining = false;
  #prepared: Promise<void> | undefined;
  // Whether it has been set up, once that is known.
  #started: Promise<boolean> | undefined;

  constructor(link: HostLink) {
    this.#host = link;
    this.workerId = link.init.workerId;
    this.#concurrency = link.init.concurrency;
    this.#replies = new Replies(link);
    this.#tasks = new TaskRegistry(link.load);
    this.#inbox = new Inbox(link.callTable, link.doorbell, (task) => this.#tasks.has(task));
    if (this.#concurrency > 1) this.#callStorage = new AsyncLocalStorage();
  }

  /** The call whose code runs now. */
  get current(): RunningCall | undefined {
    return this.#callStorage?.getStore() ?? this.#runningAlone;
  }

  /** Prepares the worker, then takes calls. */
  start(): void {
    this.#started = this.#start();
  }

  async #start(): Promise<boolean> {
    const { init: { initializer, limited }, post } = this.#host;
    if (initializer) {
      // Its time counts from the message on, and what it may be stopped for is done before.
      if (limited) await this.#prepare();
      post({ kind: "initializing" });
      if (!await runHook("initializer", initializer, this.#host, this, this.#enter)) {
        this.#host.leave();
        return false;
      }
    }
    post({ kind: "ready", now: performance.now() });
    this.#inbox.listen(() => this.#wake());
    return true;
  }

  receive(message: HostMessage): void {
    switch (message.kind) {
      case "task":
        this.#tasks.add(message.id, message.source);
        this.#wake();
        break;
      case "share":
        this.#shares.set(message.id, message);
        break;
      case "drop":
        this.#shares.delete(message.id);
        break;
      case "run":
        this.#enqueue(message);
        break;
      case "cancel":
        this.#host.post({ kind: "cancel-received" });
        this.#find(message.seq)?.abort(decodeThrown(message.reason));
        break;
      case "grant":
        this.#streams.grant(message.seq, message.count);
        break;
      case "leave":
        void this.#leave(message.finalize);
    }
  }

  emit(seq: number, value: unknown): void {
    try {
      this.#host.post(itemMessage(seq, value), takeMove(value));
    } catch (cause) {
      throw transferError(value, "value", "result", cause);
    }
  }

  progress(seq: number, done: number, total: number | undefined): void {
    this.#host.post({ kind: "progress", seq, done, total });
  }

  #enqueue(batch: RunMessage): void {
    if (batch.shared) {
      const valueOf = (id: number) => {
        const share = this.#shares.get(id);
        batch.handles ||= share?.handles ?? false;
        return share?.value;
      };
      batch.items = (batch.items as unknown[]).map((item) => resolveShared(item, batch.spread, valueOf));
    }
    this.#inbox.push(batch);
    this.#wake();
  }

  #wake(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#host.turn(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    const inbox = this.#inbox;
    inbox.loopTurned();
    do {
      for (let batch; (batch = inbox.next());) {
        await this.#run(batch);
        if (inbox.loopTurnDue) return this.#host.turn(() => void this.#drain());
      }
    } while (this.#running.size === 0 && inbox.park());
    this.#draining = false;
    inbox.listen(() => this.#wake());
  }

  async #run(batch: RunMessage): Promise<void> {
    if (batch.limited) await this.#prepare();
    if (batch.handles) {
      await this.#host.loadSharedTypes();
      batch.items = reviveValue(batch.items, true) as unknown[];
    }
    if (this.#concurrency === 1) await this.#runBatchInOrder(batch);
    else await this.#runBatchConcurrently(batch);
  }

  #prepare(): Promise<void> {
    return this.#prepared ??= this.#host.prepare();
  }

  async #runBatchInOrder(batch: RunMessage): Promise<void> {
    this.#replies.begin();
    let fn = this.#tasks.get(batch.task);
    for (let i = 0; i < batch.items.length; i++) {
      const task = this.#take(batch, i);
      if (!task) continue;
      this.#runningAlone = task;
      try {
        // Loading counts as running: a module that never finishes loading is stopped by the first call's timeout.
        fn ??= await this.#load(batch.task);
        let value = this.#call(fn, batch, i, task);
        if (isThenable(value)) {
          this.#replies.whileWaiting();
          value = await value;
        }
        this.#runningAlone = undefined;
        this.#replies.result(task, value);
      } catch (error) {
        this.#runningAlone = undefined;
        this.#replies.error(task, error);
      }
      this.#replies.callEnded();
    }
    this.#replies.flush();
  }

  async #runBatchConcurrently(batch: RunMessage): Promise<void> {
    for (let i = 0; i < batch.items.length; i++) {
      while (this.#running.size >= this.#concurrency) await new Promise<void>((resolve) => this.#callEnded = resolve);
      const task = this.#take(batch, i);
      if (task) void this.#runConcurrently(batch, i, task);
    }
  }

  async #runConcurrently(batch: RunMessage, i: number, task: RunningCall): Promise<void> {
    if (this.#running.size === 0) this.#replies.begin();
    this.#running.set(task.taskId, task);
    const start = performance.now();
    try {
      const fn = this.#tasks.get(batch.task) ?? await this.#load(batch.task);
      const value = await this.#enter(task, () => this.#call(fn, batch, i, task));
      this.#replies.result(task, value);
    } catch (error) {
      this.#replies.error(task, error);
    }
    this.#running.delete(task.taskId);
    this.#replies.callTook(performance.now() - start);
    this.#callEnded?.();
  }

  // Takes a call, unless it was withdrawn.
  #take({ first, timeout, attempt }: RunMessage, i: number): RunningCall | undefined {
    const { callTable: board } = this.#host;
    const seq = first + i;
    if (timeout !== undefined) board.noteStart(seq, performance.now());
    return board.start(seq) ? new RunningCall(this, seq, attempt) : undefined;
  }

  #call(fn: TaskFunction, { items, spread, stream, timeout }: RunMessage, i: number, task: RunningCall): unknown {
    let value: unknown;
    if (timeout === undefined || !this.#host.limit) value = invoke(fn, items.at(i), spread);
    else {
      const run = () => invoke(fn, items.at(i), spread);
      value = this.#host.limit(run, timeout, this.#host.callTable.startedAt(task.taskId) + timeout - performance.now());
    }
    return stream > 0 ? this.#streams.drive(value, stream, task) : value;
  }

  async #load(id: number): Promise<TaskFunction> {
    const fn = await this.#tasks.load(id);
    // The time that loading took says nothing about the calls to come.
    this.#replies.begin();
    return fn;
  }

  #find(seq: number): RunningCall | undefined {
    return this.#runningAlone?.taskId === seq ? this.#runningAlone : this.#running.get(seq);
  }

  readonly #enter = async (task: RunningCall, run: () => unknown): Promise<unknown> => {
    if (this.#callStorage) return await this.#callStorage.run(task, run);
    this.#runningAlone = task;
    try {
      return await run();
    } finally {
      this.#runningAlone = undefined;
    }
  };

  async #leave(finalize: boolean): Promise<void> {
    const { finalizer, limited } = this.#host.init;
    // Only what has been set up is cleaned up, and not before that has ended.
    if (finalize && finalizer && await this.#started) {
      if (limited) await this.#prepare();
      await runHook("finalizer", finalizer, this.#host, this, this.#enter);
    }
    this.#host.leave();
  }
}

function invoke(fn: TaskFunction, item: unknown, spread: boolean): unknown {
  return spread ? fn(...item as unknown[]) : fn(item);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
