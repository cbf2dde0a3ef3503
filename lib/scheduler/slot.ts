/**
 * One place for a worker: the calls it holds, their time limits, and what becomes of them when the worker dies. States
 * and invariants: README.md beside this file.
 *
 * @module
 */
import type { Timer } from "../core/timer.ts";
import { transferError } from "../protocol/envelope.ts";
import type { Death, Launch, Transport } from "../transport/transport.ts";
import type { Abandoned } from "./abandoned.ts";
import { crash } from "./crash.ts";
import { TimeLimits } from "./time_limits.ts";
import { Chunk, CLOSED, type Outcome, type TaskEntry } from "./work.ts";

/** `"starting" -> "alive" -> "retiring" -> "leaving" -> "dead"`; a worker can die in each. */
export type SlotState = "starting" | "alive" | "retiring" | "leaving" | "dead";

/** What a slot tells its scheduler. */
export interface SlotOwner {
  readonly killGrace: number;
  readonly abandoned: Abandoned;
  /** The slot may have room. */
  moved(slot: Slot): void;
  /** Calls that never started come back. */
  putBack(chunk: Chunk): void;
  /** The worker is gone. */
  died(slot: Slot, death: Death): void;
}

/** A running call that is being stopped, and what it will settle to. */
interface Stop {
  outcome: "rejected" | "cancelled";
  error: unknown;
  timer: Timer | undefined;
}

/** A call that takes less than this, in milliseconds, is not worth moving to another worker. */
const MOVABLE = 0.02;
/** After so much silence, in milliseconds, a worker is taken to be busy with one long call. */
export const SILENT = 5;
/** Weight of the newest measurement in a task's running average. */
const WEIGHT = 0.3;

/** One worker of a pool, and the calls it holds. */
export class Slot {
  readonly id: number;
  state: SlotState = "starting";
  /** Calls sent and not settled. */
  held = 0;
  /** Whether a call has ever ended here. */
  served = false;
  /** The task of the call that its death took along. */
  lost: TaskEntry | undefined;
  readonly #owner: SlotOwner;
  readonly #transport: Transport;
  // In the order of their numbers. The first one holds the running call.
  readonly #chunks: Chunk[] = [];
  readonly #stops = new Map<number, Stop>();
  #next = 0;
  readonly #limits = new TimeLimits(
    this.#chunks,
    (chunk, offset, error) => this.stop(chunk, offset, "rejected", error),
  );
  #lastTask: TaskEntry | undefined;
  #heard = 0;

  constructor(id: number, launch: Launch, owner: SlotOwner) {
    this.id = id;
    this.#owner = owner;
    this.#transport = launch(id, {
      ready: () => {
        if (this.state === "starting") this.state = "alive";
        owner.moved(this);
      },
      settled: (seq, ok, value) => this.#settled(seq, ok, value),
      measured: (count, ms) => this.#measured(count, ms),
      exit: (death) => this.#exit(death),
      buried: () => owner.abandoned.bury(),
    });
  }

  /** Most calls that this slot takes at once. */
  get window(): number {
    return this.#transport.window;
  }

  /** How many calls it can take now. */
  get free(): number {
    return this.#transport.free;
  }

  /** Whether what waits here is worth moving to an idle worker: it takes long, or nothing was heard for long. */
  get slow(): boolean {
    const estimate = this.#lastTask?.estimate ?? Infinity;
    return estimate >= MOVABLE || performance.now() - this.#heard >= SILENT;
  }

  /** Sends chunks that are alike, as one batch. A call that cannot be copied fails by itself. */
  send(chunks: Chunk[]): void {
    const { work, attempt, transfer } = chunks[0];
    const items = chunks.length === 1 ? chunks[0].items : chunks.flatMap((chunk) => chunk.items);
    const timeout = work.timeout === Infinity ? undefined : work.timeout;
    try {
      const { id: taskId, source, local } = work.task;
      const { spread } = work;
      const limited = chunks.some((chunk) => chunk.work.limited);
      const first = this.#next;
      this.#transport.send({ first, taskId, source, local, items, spread, timeout, limited, attempt, transfer });
    } catch (cause) {
      return this.#refuse(chunks, cause);
    }
    if (this.held === 0) this.#heard = performance.now();
    for (const chunk of chunks) {
      chunk.slot = this;
      chunk.seq = this.#next;
      this.#next += chunk.items.length;
      this.held += chunk.items.length;
      this.#chunks.push(chunk);
    }
    if (timeout !== undefined) this.#limits.watch(this.#transport, timeout);
  }

  /** Takes a call back if it has not started. */
  withdraw(chunk: Chunk, offset: number): boolean {
    if (!this.#transport.withdraw(chunk.seq + offset)) return false;
    this.#close(chunk, offset);
    this.#owner.moved(this);
    return true;
  }

  /** Whether a call has started. */
  hasStarted(chunk: Chunk, offset: number): boolean {
    return this.#transport.hasStarted(chunk.seq + offset);
  }

  /** Stops a running call: its signal first, force after the grace period. */
  stop(chunk: Chunk, offset: number, outcome: Stop["outcome"], error: unknown): void {
    const seq = chunk.seq + offset;
    if (this.#stops.has(seq)) return;
    const timer = setTimeout(() => this.kill(), this.#owner.killGrace);
    this.#stops.set(seq, { outcome, error, timer });
    this.signal(chunk, offset, error);
  }

  /** Fires the signal of a running call, and no more. */
  signal(chunk: Chunk, offset: number, reason: unknown): void {
    this.#transport.cancel(chunk.seq + offset, reason);
  }

  /** Takes back up to half of what waits here, from the end, so that an idle worker can have it. */
  surrender(): boolean {
    const goal = Math.ceil((this.held - 1) / 2);
    let given = 0;
    for (let at = this.#chunks.length - 1; at >= 0 && given < goal; at--) {
      const chunk = this.#chunks[at];
      if (chunk.transfer.length > 0) break; // What was moved cannot be sent again.
      let from = chunk.items.length;
      while (from > 0 && given < goal && chunk.items[from - 1] !== CLOSED) {
        if (!this.#transport.withdraw(chunk.seq + from - 1)) break;
        from--;
        given++;
      }
      if (from === chunk.items.length) break;
      if (from === 0) this.#chunks.splice(at, 1);
      this.held -= chunk.items.length - from;
      this.#owner.putBack(chunk.cut(from));
      if (from > 0) break;
    }
    return given > 0;
  }

  /** Chunks with calls that are not settled. */
  chunks(): readonly Chunk[] {
    return this.#chunks;
  }

  /** Ends the worker once it is idle. */
  close(): void {
    if (this.state === "dead" || this.state === "leaving") return;
    this.state = "leaving";
    this.#transport.close();
  }

  /** Takes nothing new, and ends the worker when what it holds is done. */
  retire(): void {
    if (this.state === "dead" || this.state === "leaving") return;
    this.state = "retiring";
    if (this.held === 0) this.close();
  }

  /** Ends the worker whatever it does. */
  kill(): void {
    if (this.state === "dead") return;
    this.state = "leaving";
    this.#transport.kill();
  }

  #refuse(chunks: Chunk[], cause: unknown): void {
    for (const chunk of chunks) {
      const { work, items } = chunk;
      if (chunks.length === 1 && items.length === 1) {
        const error = work.spread
          ? transferError(items[0], "args", "argument", cause)
          : transferError(items[0], "item", "argument", cause);
        chunk.close(0);
        work.settle(chunk.first, "rejected", error, undefined);
      } else if (chunks.length > 1) {
        // As the chunk that its work knows.
        this.send([chunk]);
      } else {
        items.forEach((item, i) => this.send([new Chunk(work, chunk.first + i, [item], chunk.attempt)]));
      }
    }
  }

  #settled(seq: number, ok: boolean, value: unknown): void {
    const chunk = this.#chunks.find((each) => seq >= each.seq && seq < each.seq + each.items.length);
    const offset = chunk ? seq - chunk.seq : -1;
    if (!chunk || chunk.items[offset] === CLOSED) return;
    this.served = true;
    this.#lastTask = chunk.work.task;
    this.#close(chunk, offset);
    const stop = this.#stops.get(seq);
    if (stop) {
      this.#stops.delete(seq);
      clearTimeout(stop.timer);
      chunk.work.settle(chunk.first + offset, stop.outcome, stop.error, this.id);
    } else chunk.work.settle(chunk.first + offset, ok ? "fulfilled" : "rejected", value, this.id);
    if (chunk.open === 0) this.#owner.moved(this);
  }

  #close(chunk: Chunk, offset: number): void {
    chunk.close(offset);
    this.held--;
    if (chunk.open === 0) {
      if (this.#chunks[0] === chunk) this.#chunks.shift();
      else this.#chunks.splice(this.#chunks.indexOf(chunk), 1);
    }
    if (this.held > 0) return;
    this.#limits.clear();
    if (this.state === "retiring") this.close();
  }

  #measured(count: number, ms: number): void {
    this.#heard = performance.now();
    const task = this.#lastTask;
    if (!task || count === 0) return;
    const each = ms / count;
    task.estimate = task.estimate === undefined ? each : task.estimate + WEIGHT * (each - task.estimate);
    this.#owner.moved(this);
  }

  #exit(death: Death): void {
    if (this.state === "dead") return;
    this.state = "dead";
    this.#limits.clear();
    const chunks = this.#chunks.splice(0);
    const back: Chunk[] = [];
    for (const chunk of chunks) {
      // Calls start in order, so that what never started is a tail.
      let from = chunk.items.length;
      const waits = (offset: number) =>
        chunk.items[offset] === CLOSED || !this.#transport.hasStarted(chunk.seq + offset);
      if (chunk.transfer.length === 0) { while (from > 0 && waits(from - 1)) from--; }
      for (let offset = 0; offset < from; offset++) {
        if (chunk.items[offset] === CLOSED) continue;
        this.served = true;
        this.lost = chunk.work.task;
        this.#lose(chunk, offset, death);
      }
      while (from < chunk.items.length && chunk.items[from] === CLOSED) from++;
      if (from < chunk.items.length) back.push(chunk.cut(from));
    }
    // Backwards, because each goes to the head of the line.
    for (const chunk of back.reverse()) this.#owner.putBack(chunk);
    this.held = 0;
    this.#owner.died(this, death);
  }

  #lose(chunk: Chunk, offset: number, death: Death): void {
    const seq = chunk.seq + offset;
    const stop = this.#stops.get(seq);
    this.#stops.delete(seq);
    clearTimeout(stop?.timer);
    chunk.close(offset);
    const outcome: Outcome = stop?.outcome ?? "rejected";
    chunk.work.settle(chunk.first + offset, outcome, stop?.error ?? crash(this.id, death), this.id);
  }
}
