/**
 * The worker's side: takes batches, runs their calls, answers each as it finishes.
 *
 * ```
 * inbox.ts -> (a turn of its own) -> start on the board -> load -> call -> answers.ts: board, or message
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
import { RunningTask, type TaskHost } from "../lib/core/running_task.ts";
import { scope } from "../lib/core/scope.ts";
import { itemMessage, type ShareMessage, unwrap } from "../lib/protocol/carry.ts";
import { transferError } from "../lib/protocol/envelope.ts";
import { decodeThrown } from "../lib/protocol/error_record.ts";
import type { TaskFunction } from "../lib/protocol/load_task.ts";
import type { HostMessage, RunMessage } from "../lib/protocol/messages.ts";
import { resolveShared } from "../lib/protocol/shared_value.ts";
import { Owners } from "../lib/shared/owners.ts";
import { Answers } from "./answers.ts";
import { Catalogue } from "./catalogue.ts";
import { Inbox } from "./inbox.ts";
import type { Link } from "./link.ts";
import { Streams } from "./streams.ts";
import { runHook } from "./hooks.ts";

/** Starts serving; returns what to call with each message from the host. */
export function serve(link: Link): (message: HostMessage) => void {
  const server = new Server(link);
  const { depth, threads, owner } = link.introduction;
  Owners.introduce(owner.memory, owner.id);
  scope.depth = depth;
  scope.threads = threads;
  scope.current = () => server.current;
  link.turn(() => server.start());
  return (message) => server.receive(message);
}

class Server implements TaskHost {
  readonly workerId: number;
  readonly state = scope.state;
  readonly #link: Link;
  readonly #answers: Answers;
  readonly #tasks: Catalogue;
  readonly #shares = new Map<number, ShareMessage>();
  readonly #streams = new Streams();
  readonly #inbox: Inbox;
  readonly #lanes: number;
  // Calls that run, by number, and which of them asks; one at a time needs neither.
  readonly #running = new Map<number, RunningTask>();
  readonly #asking: AsyncLocalStorage<RunningTask> | undefined;
  #only: RunningTask | undefined;
  #laneFree: (() => void) | undefined;
  #draining = false;
  #prepared: Promise<void> | undefined;
  // Whether it has been set up, once that is known.
  #started: Promise<boolean> | undefined;

  constructor(link: Link) {
    this.#link = link;
    this.workerId = link.introduction.workerId;
    this.#lanes = link.introduction.concurrency;
    this.#answers = new Answers(link);
    this.#tasks = new Catalogue(link.load);
    this.#inbox = new Inbox(link.board, link.bell, (task) => this.#tasks.has(task));
    if (this.#lanes > 1) this.#asking = new AsyncLocalStorage();
  }

  /** The call whose code runs now. */
  get current(): RunningTask | undefined {
    return this.#asking?.getStore() ?? this.#only;
  }

  /** Prepares the worker, then takes calls. */
  start(): void {
    this.#started = this.#start();
  }

  async #start(): Promise<boolean> {
    const { introduction: { initializer, limited }, post } = this.#link;
    if (initializer) {
      // Its time counts from the message on, and what it may be stopped for is done before.
      if (limited) await this.#prepare();
      post({ kind: "initializing" });
      if (!await runHook("initializer", initializer, this.#link, this, this.#enter)) {
        this.#link.leave();
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
        this.#link.post({ kind: "heard" });
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
      this.#link.post(itemMessage(seq, value), takeMove(value));
    } catch (cause) {
      throw transferError(value, "value", "result", cause);
    }
  }

  progress(seq: number, done: number, total: number | undefined): void {
    this.#link.post({ kind: "progress", seq, done, total });
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
    this.#link.turn(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    const inbox = this.#inbox;
    inbox.turned();
    do {
      for (let batch; (batch = inbox.next());) {
        await this.#run(batch);
        if (inbox.due) return this.#link.turn(() => void this.#drain());
      }
    } while (this.#running.size === 0 && inbox.linger());
    this.#draining = false;
    inbox.listen(() => this.#wake());
  }

  async #run(batch: RunMessage): Promise<void> {
    if (batch.limited) await this.#prepare();
    if (batch.handles) {
      await this.#link.kinds();
      batch.items = unwrap(batch.items, true) as unknown[];
    }
    if (this.#lanes === 1) await this.#runInTurn(batch);
    else await this.#runSideBySide(batch);
  }

  #prepare(): Promise<void> {
    return this.#prepared ??= this.#link.prepare();
  }

  async #runInTurn(batch: RunMessage): Promise<void> {
    this.#answers.begin();
    let fn = this.#tasks.get(batch.task);
    for (let i = 0; i < batch.items.length; i++) {
      const task = this.#take(batch, i);
      if (!task) continue;
      this.#only = task;
      try {
        // Loading counts as running: a module that never finishes loading is stopped by the first call's timeout.
        fn ??= await this.#load(batch.task);
        let value = this.#call(fn, batch, i, task);
        if (isThenable(value)) {
          this.#answers.whileWaiting();
          value = await value;
        }
        this.#only = undefined;
        this.#answers.value(task, value);
      } catch (error) {
        this.#only = undefined;
        this.#answers.error(task, error);
      }
      this.#answers.passed();
    }
    this.#answers.flush();
  }

  async #runSideBySide(batch: RunMessage): Promise<void> {
    for (let i = 0; i < batch.items.length; i++) {
      while (this.#running.size >= this.#lanes) await new Promise<void>((resolve) => this.#laneFree = resolve);
      const task = this.#take(batch, i);
      if (task) void this.#runAside(batch, i, task);
    }
  }

  async #runAside(batch: RunMessage, i: number, task: RunningTask): Promise<void> {
    if (this.#running.size === 0) this.#answers.begin();
    this.#running.set(task.taskId, task);
    const start = performance.now();
    try {
      const fn = this.#tasks.get(batch.task) ?? await this.#load(batch.task);
      const value = await this.#enter(task, () => this.#call(fn, batch, i, task));
      this.#answers.value(task, value);
    } catch (error) {
      this.#answers.error(task, error);
    }
    this.#running.delete(task.taskId);
    this.#answers.took(performance.now() - start);
    this.#laneFree?.();
  }

  // Takes a call, unless it was withdrawn.
  #take({ first, timeout, attempt }: RunMessage, i: number): RunningTask | undefined {
    const { board } = this.#link;
    const seq = first + i;
    if (timeout !== undefined) board.stamp(seq, performance.now());
    return board.start(seq) ? new RunningTask(this, seq, attempt) : undefined;
  }

  #call(fn: TaskFunction, { items, spread, stream, timeout }: RunMessage, i: number, task: RunningTask): unknown {
    let value: unknown;
    if (timeout === undefined || !this.#link.limit) value = invoke(fn, items.at(i), spread);
    else {
      const run = () => invoke(fn, items.at(i), spread);
      value = this.#link.limit(run, timeout, this.#link.board.startedAt(task.taskId) + timeout - performance.now());
    }
    return stream > 0 ? this.#streams.drive(value, stream, task) : value;
  }

  async #load(id: number): Promise<TaskFunction> {
    const fn = await this.#tasks.load(id);
    // The time that loading took says nothing about the calls to come.
    this.#answers.begin();
    return fn;
  }

  #find(seq: number): RunningTask | undefined {
    return this.#only?.taskId === seq ? this.#only : this.#running.get(seq);
  }

  readonly #enter = async (task: RunningTask, run: () => unknown): Promise<unknown> => {
    if (this.#asking) return await this.#asking.run(task, run);
    this.#only = task;
    try {
      return await run();
    } finally {
      this.#only = undefined;
    }
  };

  async #leave(finalize: boolean): Promise<void> {
    const { finalizer, limited } = this.#link.introduction;
    // Only what has been set up is cleaned up, and not before that has ended.
    if (finalize && finalizer && await this.#started) {
      if (limited) await this.#prepare();
      await runHook("finalizer", finalizer, this.#link, this, this.#enter);
    }
    this.#link.leave();
  }
}

function invoke(fn: TaskFunction, item: unknown, spread: boolean): unknown {
  return spread ? fn(...item as unknown[]) : fn(item);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
