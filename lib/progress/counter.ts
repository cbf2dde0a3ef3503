/**
 * Counts the items of a map that have ended, and reports the counts to a progress sink.
 *
 * @module
 */
import { guarded } from "../core/guarded.ts";
import type { ProgressSink, ProgressState } from "./sink.ts";

/** Returns the number of items of an input; `undefined` if only reading it would show that. */
export function sizeOf(items: unknown): number | undefined {
  // A string is iterated by code points, and its length counts UTF-16 units.
  if (typeof items !== "object" || items === null) return undefined;
  try {
    if (Array.isArray(items) || ArrayBuffer.isView(items)) return (items as ArrayLike<unknown>).length;
    return items instanceof Set || items instanceof Map ? items.size : undefined;
  } catch {
    return undefined; // a revoked proxy, which is refused when the input is opened
  }
}

/** An item that runs now. */
export interface RunningItem {
  readonly index: number;
  /** The item in a few words. */
  readonly text: () => string;
}

/** How far an item is, by its own report. */
export interface Part {
  readonly done: number;
  readonly total: number | undefined;
}

/** What a display reads when it draws. */
export interface Counts extends ProgressState {
  /** The reports of running items, by index. */
  readonly parts: ReadonlyMap<number, Part>;
  /** Returns the items that run now. */
  running(): RunningItem[];
}

/** Reads the counts at times of its own; unlike a sink, it is not called for each item. Its methods must not throw. */
export interface Display {
  /** Called once, when the first item starts. */
  start(counts: Counts): void;
  /** Called once, when no item runs any more. */
  end(counts: Counts): void;
}

/** The counts of one map. What a sink throws goes to `reportError`: it must not fail the map. */
export class ProgressCounter implements Counts {
  done = 0;
  failed = 0;
  readonly total: number | undefined;
  readonly parts: Map<number, Part> = new Map<number, Part>();
  readonly #sink: ProgressSink | undefined;
  readonly #display: Display | undefined;
  #running: (() => RunningItem[]) | undefined;
  #state: "new" | "started" | "ended" = "new";

  constructor(target: { sink: ProgressSink } | { display: Display }, total: number | undefined) {
    this.#sink = "sink" in target ? target.sink : undefined;
    this.#display = "display" in target ? target.display : undefined;
    this.total = total;
  }

  /** The map starts to run items; `running` returns those that run. */
  begin(running?: () => RunningItem[]): void {
    if (this.#state !== "new") return;
    this.#running = running;
    this.#state = "started";
    this.#display?.start(this);
  }

  /** {@inheritDoc Counts.running} */
  running(): RunningItem[] {
    return this.#running?.() ?? [];
  }

  /** Counts neighbouring items that have succeeded, from index `first` on. */
  fulfilled(first: number, count: number): void {
    if (this.#hasEnded) return;
    this.begin();
    if (this.parts.size > 0) { for (let index = first; index < first + count; index++) this.parts.delete(index); }
    if (!this.#sink) return void (this.done += count);
    const { item } = this.#sink;
    for (let index = first; index < first + count && !this.#hasEnded; index++) {
      this.done++;
      if (item) guarded(() => item({ index, status: "fulfilled" }));
      this.#update();
    }
  }

  /** Counts an item that has failed. */
  rejected(index: number, reason: unknown): void {
    if (this.#hasEnded) return;
    this.begin();
    this.parts.delete(index);
    this.failed++;
    this.done++;
    const { item } = this.#sink ?? {};
    if (item) guarded(() => item({ index, status: "rejected", reason }));
    this.#update();
  }

  /** A running item has reported how far it is. */
  part(index: number, done: number, total: number | undefined): void {
    if (this.#display && !this.#hasEnded) this.parts.set(index, { done, total });
  }

  /** Ends the counting: no item runs any more. */
  end(): void {
    if (this.#hasEnded) return;
    this.#state = "ended";
    this.#display?.end(this);
    if (this.#sink) guarded(() => this.#sink!.end(this.#snapshot()));
  }

  // `item` may have ended the map, by its signal: then `end` was the last call of the sink.
  #update(): void {
    if (this.#sink && !this.#hasEnded) guarded(() => this.#sink!.update(this.#snapshot()));
  }

  // A getter, so that TypeScript does not take the state for unchanged after a call of the sink.
  get #hasEnded(): boolean {
    return this.#state === "ended";
  }

  #snapshot(): ProgressState {
    return { done: this.done, failed: this.failed, total: this.total };
  }
}
