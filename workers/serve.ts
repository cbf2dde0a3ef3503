/**
 * The worker's side: takes batches, runs their calls one after another, answers each as it finishes.
 *
 * ```
 * run message -> queue -> (a turn of its own) -> start on the board -> load -> call -> answer: board, or message
 *                                                                          \-> throw -> error message
 * ```
 *
 * @module
 */
import { Deque } from "../lib/core/deque.ts";
import { RunningTask, scope } from "../lib/core/scope.ts";
import type { Board } from "../lib/protocol/board.ts";
import { transferError } from "../lib/protocol/envelope.ts";
import { decodeThrown, encodeThrown } from "../lib/protocol/error_record.ts";
import { type Importer, loadTask, type TaskFunction } from "../lib/protocol/load_task.ts";
import type { HostMessage, RunMessage, Source, WorkerMessage } from "../lib/protocol/messages.ts";

/** What an entry gives: the way to the host, and how this kind of worker does things. */
export interface Link {
  workerId: number;
  board: Board;
  post(message: WorkerMessage): void;
  /** Runs a function in a turn of the event loop in which the runtime can contain running out of memory. */
  turn(run: () => void): void;
  /** The entry's `import()`. */
  load: Importer;
  /**
   * Runs the synchronous part of a call that has a `timeout`, of which `left` milliseconds are left. Only where the
   * worker cannot be stopped from outside.
   *
   * @throws {TaskTimeoutError} If it runs longer.
   */
  limit?(run: () => unknown, timeout: number, left: number): unknown;
  /** Makes it safe to be stopped by force. Done before the first call that has a limit. */
  prepare(): Promise<void>;
  /** Ends the worker from inside. */
  leave(): void;
}

/** Longest time, in milliseconds, for which answers on the board go without a message that points to them. */
const QUIET = 1;

/** Starts serving; returns what to call with each message from the host. */
export function serve(link: Link): (message: HostMessage) => void {
  const server = new Server(link);
  scope.current = () => server.current;
  link.post({ kind: "ready", now: performance.now() });
  return (message) => server.receive(message);
}

class Server {
  current: RunningTask | undefined;
  readonly #link: Link;
  readonly #sources = new Map<number, Source>();
  readonly #functions = new Map<number, TaskFunction>();
  readonly #queue = new Deque<RunMessage>();
  #draining = false;
  #prepared: Promise<void> | undefined;
  // Answers on the board that no message has pointed to yet, and since when.
  #unsaid = 0;
  #since = 0;
  // How many calls go by between two looks at the clock: a look costs as much as a small call.
  #stride = 1;
  #saySoon = false;

  constructor(link: Link) {
    this.#link = link;
  }

  receive(message: HostMessage): void {
    switch (message.kind) {
      case "task":
        this.#sources.set(message.id, message.source);
        break;
      case "run":
        this.#queue.push(message);
        if (!this.#draining) {
          this.#draining = true;
          this.#link.turn(() => void this.#drain());
        }
        break;
      case "cancel":
        this.#link.post({ kind: "heard" });
        if (this.current?.taskId === message.seq) this.current.abort(decodeThrown(message.reason));
        break;
      case "leave":
        this.#link.leave();
    }
  }

  async #drain(): Promise<void> {
    for (let batch; (batch = this.#queue.shift());) {
      if (batch.limited) await (this.#prepared ??= this.#link.prepare());
      await this.#runBatch(batch);
    }
    this.#draining = false;
  }

  async #runBatch(batch: RunMessage): Promise<void> {
    const { board, workerId } = this.#link;
    const { first, items, spread, timeout, attempt } = batch;
    let fn = this.#functions.get(batch.task);
    this.#since = performance.now();
    for (let i = 0, sinceLook = 0; i < items.length; i++) {
      const seq = first + i;
      const startedAt = timeout === undefined ? 0 : performance.now();
      if (timeout !== undefined) board.stamp(seq, startedAt);
      if (!board.start(seq)) continue;
      this.current = new RunningTask(workerId, seq, attempt);
      try {
        // Loading counts as running: a module that never finishes loading is stopped by the first call's timeout.
        fn ??= await this.#load(batch.task);
        let value;
        if (timeout === undefined || !this.#link.limit) value = spread ? fn(...items[i] as unknown[]) : fn(items[i]);
        else value = this.#limited(fn, items[i], spread, timeout, startedAt);
        if (isThenable(value)) {
          this.#sayWhileWaiting();
          value = await value;
        }
        this.current = undefined;
        this.#answer(seq, value);
      } catch (error) {
        this.current = undefined;
        this.#fail(seq, error);
      }
      if (++sinceLook >= this.#stride) {
        sinceLook = 0;
        const now = performance.now();
        if (now - this.#since >= QUIET) this.#say(now);
      }
    }
    this.#say(performance.now());
  }

  #limited(fn: TaskFunction, item: unknown, spread: boolean, timeout: number, startedAt: number): unknown {
    const run = () => spread ? fn(...item as unknown[]) : fn(item);
    return this.#link.limit!(run, timeout, startedAt + timeout - performance.now());
  }

  async #load(id: number): Promise<TaskFunction> {
    const source = this.#sources.get(id)!;
    scope.loading = "url" in source ? source.url : undefined;
    const fn = await loadTask(source, this.#link.load).finally(() => scope.loading = undefined);
    this.#functions.set(id, fn);
    // The time that loading took says nothing about the calls to come.
    this.#since = performance.now();
    return fn;
  }

  #answer(seq: number, value: unknown): void {
    this.#unsaid++;
    if (this.#link.board.answer(seq, value)) return;
    this.#link.board.sent(seq);
    try {
      this.#link.post({ kind: "result", seq, value });
    } catch (cause) {
      this.#link.post({ kind: "error", seq, thrown: encodeThrown(transferError(value, "result", "result", cause)) });
    }
  }

  #fail(seq: number, error: unknown): void {
    this.#unsaid++;
    this.#link.board.sent(seq);
    this.#link.post({ kind: "error", seq, thrown: encodeThrown(error) });
  }

  #say(now: number): void {
    if (this.#unsaid === 0) return;
    const count = this.#unsaid;
    const ms = now - this.#since;
    this.#unsaid = 0;
    this.#since = now;
    this.#stride = Math.max(1, Math.min(1024, Math.floor(QUIET / 4 * count / ms)));
    this.#link.post({ kind: "settled", count, ms });
  }

  // The loop turns while a call waits, so one callback in it points to all that was answered before.
  #sayWhileWaiting(): void {
    if (this.#unsaid === 0 || this.#saySoon) return;
    this.#saySoon = true;
    this.#link.turn(() => {
      this.#saySoon = false;
      this.#say(performance.now());
    });
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
