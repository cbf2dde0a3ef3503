/**
 * Serves the calls of a host: takes its messages, and hands batches to the runner in the order of their call numbers.
 *
 * ```
 * messages ---+-> tasks, shared values
 *             +-> run ----> inbox.ts --+
 * call table ---------------^          +-> in a later turn of the event loop -> call_runner.ts
 * ```
 *
 * @module
 */
import { isolateState } from "../lib/core/isolate_state.ts";
import { Date, performance } from "../lib/core/platform.ts";
import type { HostMessage, RunMessage } from "../lib/protocol/messages.ts";
import { resolveShared } from "../lib/protocol/shared_value.ts";
import type { ShareMessage } from "../lib/protocol/value_messages.ts";
import { CallRunner } from "./call_runner.ts";
import { runHook } from "./hooks.ts";
import type { CallInbox, HostLink } from "./host_link.ts";
import { TaskRegistry } from "./task_registry.ts";

/** Maximum milliseconds between two turns of the event loop while there are calls. */
const LOOP_INTERVAL = 1;

/** Starts serving. Returns the function that takes each message of the host. */
export function serve(host: HostLink): (message: HostMessage) => void {
  const { depth, threads } = host.init;
  isolateState.depth = depth;
  isolateState.threads = threads;
  const server = new Server(host);
  const { soon = host.setImmediate } = host;
  soon(() => server.start());
  return (message) => server.receive(message);
}

class Server {
  readonly #host: HostLink;
  readonly #tasks: TaskRegistry;
  readonly #inbox: CallInbox;
  readonly #runner: CallRunner;
  readonly #shares = new Map<number, ShareMessage>();
  #draining = false;
  // When the event loop turned last.
  #lastTurn = 0;
  // Resolves to whether the initializer has succeeded.
  #started: Promise<boolean> | undefined;

  constructor(host: HostLink) {
    const tasks = new TaskRegistry(host.load);
    const runner = new CallRunner(host, tasks);
    this.#host = host;
    this.#tasks = tasks;
    this.#runner = runner;
    this.#inbox = host.openInbox((task) => tasks.has(task));
    isolateState.current = () => runner.current;
  }

  /** Runs the initializer, then takes calls. */
  start(): void {
    this.#started = this.#start();
  }

  /** Takes a message of the host. */
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
        void this.#cancel(message);
        break;
      case "grant":
        this.#runner.grant(message.seq, message.count);
        break;
      case "leave":
        void this.#leave(message.finalize);
    }
  }

  async #start(): Promise<boolean> {
    const { init: { initializer, hooksHaveLimit, recycleAt }, post } = this.#host;
    if (recycleAt !== undefined) {
      const { reportGrowth } = await import("./report_growth.ts");
      reportGrowth(recycleAt, () => post({ kind: "grown" }));
    }
    if (initializer) {
      // Before the message: the initializer's time limit counts from the message on.
      if (hooksHaveLimit) await this.#runner.prepare();
      post({ kind: "initializing" });
      if (!await runHook("initializer", initializer, this.#host, this.#runner)) {
        this.#host.leave();
        return false;
      }
    }
    post({ kind: "ready", now: performance.now(), date: Date.now() });
    this.#inbox.listen(() => this.#wake());
    return true;
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
    const { soon = this.#host.setImmediate } = this.#host;
    soon(() => void this.#drain());
  }

  async #drain(): Promise<void> {
    const inbox = this.#inbox;
    const runner = this.#runner;
    // A worker with `soon` (a process) receives calls only in turns of its event loop, or when `park` polls for them. So the
    // loop has just turned for a single call, and need not turn again after it.
    const { soon } = this.#host;
    inbox.loopTurned();
    this.#lastTurn = performance.now();
    let hasWaited = false;
    do {
      for (let batch; (batch = inbox.next());) {
        await runner.run(batch);
        const mustTurn = !soon || hasWaited || inbox.hasCalls;
        if (mustTurn && performance.now() - this.#lastTurn >= LOOP_INTERVAL) {
          return this.#host.setImmediate(() => void this.#drain());
        }
      }
    } while (!runner.hasConcurrentCalls && (hasWaited = inbox.park()));
    this.#draining = false;
    inbox.listen(() => this.#wake());
  }

  async #cancel({ seq, reason }: Extract<HostMessage, { kind: "cancel" }>): Promise<void> {
    const { decodeThrown } = await this.#host.loadErrors();
    this.#runner.abort(seq, decodeThrown(reason));
  }

  async #leave(finalize: boolean): Promise<void> {
    const { finalizer, hooksHaveLimit } = this.#host.init;
    // The finalizer runs after an initializer that has succeeded, and not after one that has failed.
    if (finalize && finalizer && await this.#started) {
      if (hooksHaveLimit) await this.#runner.prepare();
      await runHook("finalizer", finalizer, this.#host, this.#runner);
    }
    this.#host.leave();
  }
}
