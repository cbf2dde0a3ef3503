/**
 * The watchdog of a worker process: a thread that acts although the worker's own thread spins. A process that ends with its
 * host anyway (lib/transport/process_watch.ts) has it only if it has limits.
 *
 * ```
 * stdin, or the channel, ends                  -> SIGKILL: the host has ended
 * more memory, more processor time than may be -> a report on stderr to the host, which kills the process and what it has
 *                                                 started; 1 s later, if the host does not: SIGKILL
 * ```
 *
 * A task cannot reach the thread. It reads the memory and the processor time of the whole process, which needs no
 * permission, 50 times a second while there is a limit.
 *
 * @module
 */
import { Atomics, Promise, Worker } from "../lib/core/platform.ts";
import { FrameReader } from "../lib/protocol/frames.ts";

// Taken at load: a task can replace it.
const { encodeURIComponent } = globalThis;

/** Milliseconds between two checks. */
const INTERVAL = 20;
/** Milliseconds that the host has to kill the process. */
const HOST_LIMIT = 1_000;
/** Bytes beyond twice the limit that the process may grow: buffers that wait for their collection, 157 MB at most. */
const SPARE = 192 * 2 ** 20;

/** No limit of processor time. */
const NONE = 0n;
/** Positions in the shared words: the processor time at which the call must have ended, in microseconds; its number. */
const Word = { CPU_END: 0, SEQ: 1 } as const;

const UNTIL_STDIN_ENDS = `
const group = -Deno.pid;
(async () => { while (await Deno.stdin.read(new Uint8Array(64)) !== null); })().then(() => end(), () => end());
`;

// If another program has started the process, the end of the channel is all that shows the end of the host. So the thread
// reads the channel and passes its bytes on. `node:fs` of a thread cannot use descriptor 3; a socket can use any. The process
// need not lead its process group, so the thread kills no group.
const UNTIL_CHANNEL_ENDS = `
import { Socket } from "node:net";
const group = 0;
new Socket({ fd: 3, readable: true, writable: false }).on("data", (piece) => {
  const bytes = new Uint8Array(piece);
  postMessage(bytes, [bytes.buffer]);
}).on("error", () => end()).on("close", () => end());
`;

// `node:process` takes a third of the thread's start, so it is loaded when there is a limit.
const CODE = `
const end = () => {
  // The processes that tasks have started; needs the permission to run anything.
  try { Deno.kill(group, "SIGKILL"); } catch { /* Not permitted. */ }
  Deno.kill(Deno.pid, "SIGKILL");
};
const rss = () => Deno.memoryUsage().rss;
let words, mark, maxMemory = Infinity, cpuUsage, timer, looks = 0;
// A watchdog that cannot check must not leave the process without limits.
const look = () => { try { check(); } catch { end(); } };
const check = () => {
  const cpuEnd = Atomics.load(words, ${Word.CPU_END});
  let found;
  if (rss() > maxMemory) found = "memory";
  else if (cpuEnd > ${NONE}n) {
    const seq = Atomics.load(words, ${Word.SEQ});
    const { user, system } = cpuUsage();
    if (BigInt(user + system) > cpuEnd) found = "cpu " + seq;
  }
  if (!found) looks = 0;
  else if (looks++ === 0) Deno.stderr.write(new TextEncoder().encode(mark + " " + found + "\\n")).catch(end);
  else if (looks > ${HOST_LIMIT / INTERVAL}) end();
};
const watch = async (data) => {
  ({ words, mark } = data);
  if (data.memory !== undefined) maxMemory = rss() + data.memory;
  ({ cpuUsage } = await import("node:process"));
  timer ??= setInterval(look, ${INTERVAL});
  postMessage(undefined);
};
onmessage = ({ data }) => void watch(data).catch(end);
`;

/** The watchdog, as the worker's own thread sees it. */
export class Watchdog {
  /** The text by which the host tells reports from what tasks print. */
  mark = "";
  readonly isLaunched: boolean;
  #thread: Worker | undefined;
  readonly #words = new BigInt64Array(new SharedArrayBuffer(16));
  // Called with a piece of the channel that the thread has read; called when the thread watches the processor time.
  #onPiece: ((piece: Uint8Array) => void) | undefined;
  #onWatching: (() => void) | undefined;
  #watchesCpu: Promise<void> | undefined;
  #readCpu: (() => { user: number; system: number }) | undefined;

  /**
   * Starts it. A process that is ended from outside gets it with its first limit: a thread takes as long to start as the
   * process itself.
   *
   * @param isLaunched Whether another program has started this process (lib/transport/launch_prefix.ts).
   * @param isWatched Whether something outside ends it with its host (lib/transport/process_watch.ts).
   */
  constructor(isLaunched: boolean, isWatched: boolean) {
    this.isLaunched = isLaunched;
    if (!isWatched) this.#thread = this.#start();
  }

  /** Passes on the messages that the thread reads from the channel. */
  listen(onMessage: (message: unknown) => void): void {
    const reader = new FrameReader(onMessage);
    this.#onPiece = (piece) => reader.push(piece);
  }

  /** Limits the memory of the process: its heap and its buffers may have `limit` bytes each, so both together twice that. */
  limitMemory(limit: number): void {
    this.#watch({ memory: 2 * limit + SPARE });
  }

  /** Makes the thread watch the processor time. Resolves when it does: its start must not count as a call's. */
  watchCpu(): Promise<void> {
    return this.#watchesCpu ??= this.#startWatchingCpu();
  }

  // `node:process` takes a third of the start of a process.
  async #startWatchingCpu(): Promise<void> {
    this.#watch({});
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onWatching = resolve;
    this.#readCpu = (await import("node:process")).cpuUsage;
    await promise;
  }

  /** Notes that a call starts. `cpuTime` is the processor time that it may use, in milliseconds. */
  callStarts(seq: number, cpuTime: number): void {
    const { user, system } = this.#readCpu!();
    Atomics.store(this.#words, Word.SEQ, BigInt(seq));
    Atomics.store(this.#words, Word.CPU_END, BigInt(user + system) + BigInt(Math.ceil(cpuTime * 1_000)));
  }

  /** Notes that the call has ended. */
  callEnds(): void {
    Atomics.store(this.#words, Word.CPU_END, NONE);
  }

  #watch(limits: { memory?: number }): void {
    this.#thread ??= this.#start();
    this.#thread.postMessage({ ...limits, words: this.#words, mark: this.mark });
  }

  #start(): Worker {
    const code = (this.isLaunched ? UNTIL_CHANNEL_ENDS : UNTIL_STDIN_ENDS) + CODE;
    const name = "isopool-watchdog";
    const thread = new Worker(`data:text/javascript,${encodeURIComponent(code)}`, { type: "module", name });
    thread.onmessage = ({ data }: MessageEvent<Uint8Array | undefined>) =>
      data ? this.#onPiece?.(data) : this.#onWatching?.();
    return thread;
  }
}
