/**
 * `TraceLanes`: the lanes of a trace, one for each worker, and the events on them.
 *
 * Calls that run side by side in one worker get further lanes: slices of one lane must not overlap.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { TraceFile } from "./trace_file.ts";

/** Number of lanes that one worker can have. */
const MAX_LANES = 1_000;

type Args = Record<string, unknown>;

/** Writes the events of a trace. Times are those of `performance.now()`. */
export class TraceLanes {
  readonly #file: TraceFile;
  readonly #start: number;
  // When the last call of each lane ended, by the worker's id.
  readonly #laneEnds = new Map<number, number[]>();

  /** @param start The time that the trace shows as 0. */
  constructor(path: string | URL, name: string, start: number) {
    this.#file = new TraceFile(path);
    this.#start = start;
    this.#name("process_name", 0, name);
    this.#name("thread_name", 0, "submit");
  }

  /** Number of events so far. */
  get events(): number {
    return this.#file.events;
  }

  /** {@inheritDoc TraceFile.failure} */
  get failure(): { error: unknown } | undefined {
    return this.#file.failure;
  }

  /** Ends the file. */
  close(): void {
    this.#file.close();
  }

  /** Adds the lane of a worker, if it has none. Returns the ends of the last calls on its lanes. */
  open(workerId: number): number[] {
    let ends = this.#laneEnds.get(workerId);
    if (ends) return ends;
    this.#laneEnds.set(workerId, ends = []);
    this.#name("thread_name", laneId(workerId, 0), `worker ${workerId}`);
    return ends;
  }

  /** Forgets a worker that has ended. */
  closeWorker(workerId: number): void {
    this.#laneEnds.delete(workerId);
  }

  /** When the last call on the first lane of a worker ended. */
  firstFree(workerId: number): number {
    return this.#laneEnds.get(workerId)?.[0] ?? 0;
  }

  /** Takes a lane of a worker for a call. */
  take(workerId: number, start: number, end: number): number {
    const ends = this.open(workerId);
    let lane = ends.findIndex((laneEnd) => laneEnd <= start);
    if (lane < 0) {
      lane = Math.min(ends.length, MAX_LANES - 1);
      if (lane > 0) this.#name("thread_name", laneId(workerId, lane), `worker ${workerId}, call ${lane + 1}`);
    }
    ends[lane] = end;
    return laneId(workerId, lane);
  }

  /** Adds a slice: a bar on a lane, for a call that ran. `cname` is a colour name of the format. */
  slice(cat: string, name: string, tid: number, start: number, end: number, args?: Args, cname?: string): void {
    this.#file.write({ ph: "X", cat, name, tid, ts: this.#us(start), dur: round((end - start) * 1_000), args, cname });
  }

  /** Adds the start (`"s"`) or the end (`"f"`) of a flow: an arrow from a submit to its run. */
  flow(ph: "s" | "f", id: number, tid: number, at: number): void {
    this.#file.write({ ph, cat: "flow", name: "call", id, tid, ts: this.#us(at), ...ph === "f" && { bp: "e" } });
  }

  /** Adds the beginning (`"b"`) or the end (`"e"`) of a map or stream. */
  span(ph: "b" | "e", name: string, id: number, at: number, args?: Args): void {
    this.#file.write({ ph, cat: "job", name, id, tid: 0, ts: this.#us(at), args });
  }

  /** Adds a mark on the lane of a worker, now. */
  mark(name: string, workerId: number, args?: Args): void {
    this.open(workerId);
    const ts = this.#us(performance.now());
    this.#file.write({ ph: "i", s: "t", cat: "worker", name, tid: laneId(workerId, 0), ts, args });
  }

  /** Adds the values of a counter. */
  counter(name: string, at: number, args: Args): void {
    this.#file.write({ ph: "C", name, tid: 0, ts: this.#us(at), args });
  }

  #name(name: "process_name" | "thread_name", tid: number, text: string): void {
    this.#file.write({ ph: "M", name, tid, args: { name: text } });
  }

  // Microseconds since the start of the trace.
  #us(time: number): number {
    return round(Math.max(0, time - this.#start) * 1_000);
  }
}

function laneId(workerId: number, lane: number): number {
  return workerId * MAX_LANES + lane;
}

/** Rounds to one decimal, which keeps the file small. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
