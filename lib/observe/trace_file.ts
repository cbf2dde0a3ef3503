/**
 * `TraceFile`: a file in the Chrome trace format, written as a stream: a JSON array with one event a line.
 *
 * Viewers accept an array without its end, so what was written before a crash can be looked at.
 *
 * @module
 */
import { JSON } from "../core/platform.ts";
import { clearInterval, setInterval, type Timer } from "../core/timer.ts";
import { writeAll } from "../core/write_all.ts";

/** Number of characters that are written together. */
const BLOCK = 64 * 1024;
/** Milliseconds after which a smaller block is written: a crash loses the events of this time at most. */
const FLUSH_INTERVAL = 250;

/** An event of the Chrome trace format; times are in microseconds. */
export interface TraceEvent {
  readonly ph: "X" | "i" | "b" | "e" | "C" | "M" | "s" | "f";
  readonly name: string;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly id?: number;
  readonly args?: Record<string, unknown>;
  readonly [key: string]: unknown;
}

/** A trace that is being written. Writing is synchronous, so that the events take no memory however fast they come. */
export class TraceFile {
  /** Number of events so far. */
  events = 0;
  /** Why nothing is written any more, for instance a full disk. */
  failure: { error: unknown } | undefined;
  readonly #file: Deno.FsFile;
  readonly #timer: Timer;
  #block = "";
  #isClosed = false;

  /** @throws If the file cannot be created. */
  constructor(path: string | URL) {
    this.#file = Deno.openSync(path, { write: true, create: true, truncate: true });
    this.#timer = setInterval(() => this.#flush(), FLUSH_INTERVAL);
    this.#timer.unref();
    globalThis.addEventListener("unload", this.#onUnload);
  }

  /** Adds an event. */
  write(event: TraceEvent): void {
    if (this.#isClosed || this.failure) return;
    this.#block += (this.events++ === 0 ? "[" : ",\n") + JSON.stringify({ pid: 1, ...event });
    if (this.#block.length >= BLOCK) this.#flush();
  }

  /** Ends the array, and closes the file. */
  close(): void {
    if (this.#isClosed) return;
    this.#block += this.events === 0 ? "[]\n" : "]\n";
    this.#flush();
    this.#isClosed = true;
    clearInterval(this.#timer);
    globalThis.removeEventListener("unload", this.#onUnload);
    this.#file.close();
  }

  readonly #onUnload = (): void => this.close();

  #flush(): void {
    const block = this.#block;
    this.#block = "";
    if (block === "" || this.failure) return;
    try {
      writeAll(this.#file, block);
    } catch (error) {
      this.failure = { error };
    }
  }
}
