/**
 * `ProcessConnection`: the connection of one worker process to this script, which listens for it. Writes wait until the
 * worker has connected.
 *
 * @module
 */
import { joined, lengthOf } from "../core/bytes.ts";
import { crypto } from "../core/platform.ts";
import type { Address, Grant } from "../protocol/connecting.ts";
import type { MemoryFile } from "../protocol/memory_file.ts";
import { type Listener, listenForWorker } from "./process_listener.ts";
import { makeWorkerMemory, type WorkerMemory } from "./process_memory.ts";

/** Maximum number of bytes of one read or write. */
const PIECE = 2 ** 18;

/** Maximum bytes of a message whose parts are copied together, so that there is one write. */
const SMALL = 2 ** 14;
/** Length of the secret, and of the number behind it. */
const SECRET = 32, LENGTH = 8;

/** The connection of one process. */
export class ProcessConnection {
  // Proves that the process which connects is the worker.
  readonly #secret = crypto.getRandomValues(new Uint8Array(SECRET));
  readonly #memory: WorkerMemory | undefined;
  readonly #listener: Listener;
  readonly #unproved = new Set<Deno.Conn>();
  #connection: Deno.Conn | undefined;
  readonly #waiting: { readonly bytes: Uint8Array; readonly done: (() => void) | undefined }[] = [];
  #isListening = true;
  #isWriting = false;
  #onData: (piece: Uint8Array) => void = () => {};
  #onEnd: (isComplete: boolean) => void = () => {};
  #isClosed = false;

  constructor(listener: Listener, memory: WorkerMemory | undefined) {
    this.#listener = listener;
    this.#memory = memory;
  }

  /**
   * Starts to listen for a worker; `undefined` if this script may not.
   *
   * @param isTrusted Whether the worker has no scope: then it gets a file in memory.
   */
  static listen(isTrusted: boolean): ProcessConnection | undefined {
    const listener = listenForWorker();
    return listener && new ProcessConnection(listener, isTrusted ? makeWorkerMemory() : undefined);
  }

  /**
   * Returns what the worker reads from stdin: the secret, and its first frame with the length before it. With the frame, it is
   * ready as soon as it has connected.
   */
  greeting(init: readonly Uint8Array[]): Uint8Array[] {
    const start = new Uint8Array(SECRET + LENGTH);
    start.set(this.#secret);
    new DataView(start.buffer).setFloat64(SECRET, lengthOf(init), true);
    return [start, ...init];
  }

  /** Where the worker connects. */
  get address(): Address {
    return this.#listener.address;
  }

  /** The path of the file in memory, if there is one. */
  get memory(): string | undefined {
    return this.#memory?.path;
  }

  /** The host's side of the file in memory, if there is one. */
  get file(): MemoryFile | undefined {
    return this.#memory?.file;
  }

  /** The permissions that the worker has until it is connected. */
  get grants(): readonly Grant[] {
    return [...this.#listener.grants, ...this.#memory?.grants ?? []];
  }

  /**
   * Accepts the worker, and reads.
   *
   * @param onData Receives each piece. It is valid during the call only.
   * @param onEnd Is called once, at the end; `isComplete` says whether all that the worker wrote was read.
   * @param onFailure Is called if the worker cannot be accepted: no descriptor is left.
   */
  start(
    onData: (piece: Uint8Array) => void,
    onEnd: (isComplete: boolean) => void,
    onFailure: (error: Error) => void,
  ): void {
    this.#onData = onData;
    this.#onEnd = onEnd;
    void this.#accept(onFailure);
  }

  /** Writes in order. `done` is called when the bytes have left this process, or the connection has broken. */
  write(parts: readonly Uint8Array[], done?: () => void): void {
    const length = lengthOf(parts);
    this.file?.addWritten(length);
    const pieces = length <= SMALL ? [joined(parts)] : parts;
    pieces.forEach((bytes, i) => this.#waiting.push({ bytes, done: i === pieces.length - 1 ? done : undefined }));
    if (!this.#isWriting && this.#connection) void this.#write(this.#connection);
  }

  /** Notes that the process has ended. If it has not connected by now, it never will. */
  processEnded(): void {
    if (!this.#connection) this.#end(true);
  }

  /** Closes the connection. Returns whether it had ended before. */
  close(): boolean {
    if (this.#isClosed) return true;
    this.#isClosed = true;
    this.#stopListening();
    // At the end, and not when the worker has connected: that would lengthen its start.
    this.#listener.sweep?.();
    try {
      this.#connection?.close();
    } catch {
      // The runtime has closed it.
    }
    return false;
  }

  #stopListening(): void {
    if (!this.#isListening) return;
    this.#isListening = false;
    this.#listener.close();
    this.#memory?.remove();
    for (const each of this.#unproved) each.close();
    this.#unproved.clear();
  }

  async #accept(onFailure: (error: Error) => void): Promise<void> {
    try {
      for (;;) {
        const connection = await this.#listener.socket.accept();
        this.#unproved.add(connection);
        void this.#prove(connection);
      }
    } catch (error) {
      // The socket is also closed when the worker has connected or ended. Neither is a failure.
      if (!this.#isClosed && !this.#connection) onFailure(error as Error);
    }
  }

  async #prove(connection: Deno.Conn): Promise<void> {
    const isWorker = await hasSecret(connection, this.#secret);
    if (!this.#unproved.delete(connection)) return;
    if (!isWorker || this.#connection) return connection.close();
    this.#connection = connection;
    const socket = connection as Deno.TcpConn | Deno.UnixConn;
    socket.unref();
    if ("setNoDelay" in socket) socket.setNoDelay(true);
    void this.#read(connection);
    void this.#write(connection);
  }

  async #read(connection: Deno.Conn): Promise<void> {
    const buffer = new Uint8Array(PIECE);
    for (;;) {
      let count;
      try {
        count = await connection.read(buffer);
      } catch (error) {
        // A worker that dies with messages unread resets the connection. All but Windows deliver first what it wrote.
        return this.#end(error instanceof Deno.errors.ConnectionReset && Deno.build.os !== "windows");
      }
      if (count === null) return this.#end(true);
      this.#onData(buffer.subarray(0, count));
      // After the first message was read, not as soon as the worker has connected: the message is taken first.
      this.#stopListening();
    }
  }

  async #write(connection: Deno.Conn): Promise<void> {
    this.#isWriting = true;
    try {
      for (let next; (next = this.#waiting[0]);) {
        for (let { bytes } = next; bytes.length > 0;) {
          bytes = bytes.subarray(await connection.write(bytes.length > PIECE ? bytes.subarray(0, PIECE) : bytes));
        }
        this.#waiting.shift();
        next.done?.();
      }
    } catch {
      // It has broken: the end of the process says why.
      for (const { done } of this.#waiting.splice(0)) done?.();
    }
    this.#isWriting = false;
  }

  #end(isComplete: boolean): void {
    if (this.#isClosed) return;
    this.close();
    this.#onEnd(isComplete);
  }
}

async function hasSecret(connection: Deno.Conn, secret: Uint8Array): Promise<boolean> {
  const given = new Uint8Array(secret.length);
  try {
    for (let read = 0; read < given.length;) {
      const count = await connection.read(given.subarray(read));
      if (count === null) return false;
      read += count;
    }
  } catch {
    return false; // It was closed.
  }
  // In constant time, so that the time tells nothing about the secret.
  return given.reduce((difference, byte, i) => difference | (byte ^ secret[i]), 0) === 0;
}
