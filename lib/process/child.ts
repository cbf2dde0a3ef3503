/**
 * `Child`: the control of the worker of one `Process`: how the caller has stopped it, and whether it has ended. On backend
 * `"process"` also the id of the operating system's process, what it prints, and its exit code or signal.
 *
 * @module
 */
import { readableStream } from "../core/platform.ts";
import type { ChildControl } from "../transport/transport.ts";

/** Where a stream of a process goes: to that of this script, into a `ReadableStream`, or nowhere. */
export type Stdio = "inherit" | "piped" | "null";

/** How the caller stopped a process. */
export type Stopped = "terminated" | "killed";

/** Milliseconds from SIGTERM to SIGKILL. */
const GRACE = 200;

/** The control of one worker. */
export class Child implements ChildControl {
  pid: number | undefined;
  exitCode: number | undefined;
  signal: string | undefined;
  /** How the caller has stopped it. */
  stopped: Stopped | undefined;
  /** Whether it has ended, and its call has settled. */
  isOver = false;
  // Whether a stop by force sends SIGTERM first, and SIGKILL after the grace.
  #isTerminated = false;
  readonly #out: Output;
  readonly #err: Output;

  constructor(stdout: Stdio, stderr: Stdio) {
    this.#out = new Output(stdout);
    this.#err = new Output(stderr);
  }

  get grace(): number | undefined {
    return this.#isTerminated ? GRACE : undefined;
  }

  get stdout(): ((bytes: Uint8Array) => void) | undefined {
    return this.#out.write;
  }

  get stderr(): ((bytes: Uint8Array) => void) | undefined {
    return this.#err.write;
  }

  /** What it prints, as streams; `undefined` for one that is not piped. */
  get streams(): { stdout: ReadableStream<Uint8Array> | undefined; stderr: ReadableStream<Uint8Array> | undefined } {
    return { stdout: this.#out.stream, stderr: this.#err.stream };
  }

  started(pid: number): void {
    this.pid = pid;
  }

  ended(exitCode: number | undefined, signal: string | undefined): void {
    this.exitCode = exitCode;
    this.signal = signal;
    this.#close();
  }

  /** Notes how the caller stops it. Of several stops, the first gives the reason. */
  stop(how: Stopped): void {
    this.stopped ??= how;
    this.#isTerminated = how === "terminated";
  }

  /** Notes that its worker has ended, or that it never had one, and ends its streams. */
  finish(): void {
    this.isOver = true;
    this.#close();
  }

  #close(): void {
    this.#out.close();
    this.#err.close();
  }
}

/** One stream of a process. */
class Output {
  readonly stream: ReadableStream<Uint8Array> | undefined;
  /** Takes what is printed; `undefined` if this script prints it. */
  readonly write: ((bytes: Uint8Array) => void) | undefined;
  // Absent once the reader has cancelled the stream.
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  constructor(kind: Stdio) {
    if (kind === "inherit") return;
    // A copy: the reader of the pipe reuses its buffer.
    this.write = (bytes) => this.#controller?.enqueue(bytes.slice());
    if (kind === "null") return;
    this.stream = new (readableStream())({
      start: (controller) => void (this.#controller = controller),
      cancel: () => void (this.#controller = undefined),
    });
  }

  close(): void {
    this.#controller?.close();
    this.#controller = undefined;
  }
}
