/**
 * `Child`: one `deno run` process with a channel of its own, and its certain end.
 *
 * ```
 * connection   frames in both directions: this script listens on a socket until the child has connected (process_listener.ts)
 * fd 0   the secret that the child sends when it connects, and the first frame, so that the child is ready when it has
 *        connected; then nothing: the end of this pipe shows that the host has ended
 * fd 1,2 what tasks print
 * fd 3   frames to the child: only if there is no connection
 * fd 4   frames from the child, from some byte on (resumed_bytes.ts); without a connection, all
 * fd 5   answers to requests for which the child blocks
 * fd 6   nothing is ever sent: its end tells the shell beside the child that this process has ended (process_watch.ts)
 * ```
 *
 * Where another program starts the process, stdin and stdout take the place of 3 and 4 (launch_prefix.ts), and there is
 * nothing else.
 *
 * Descriptors 3 to 6 are anonymous socket pairs. A task can read and write 4 and 5 without a permission, which lets it send
 * its host the messages that it can send anyway. The child leads a session and a process group: a kill of the group ends
 * what it has started, too.
 *
 * @module
 */
import type { ChildProcess as NodeChild } from "node:child_process";
import { clearTimeout, setTimeout, type Timer } from "../core/timer.ts";
import type { MemoryFile } from "../protocol/memory_file.ts";
import { PieceWriter } from "./piece_writer.ts";
import type { ProcessCommand } from "./process_command.ts";
import type { ProcessConnection } from "./process_connection.ts";
import { spawnProcess } from "./process_spawn.ts";
import { ResumedBytes } from "./resumed_bytes.ts";

/** Milliseconds that the streams of an ended process have to end: a process that it started may keep them open. */
const STREAMS_LIMIT = 1_000;

/** The events of a process. After `ended` there are none. */
export interface ChildEvents {
  /** A piece of the channel. It is valid during the call only. */
  data(piece: Uint8Array): void;
  stdout(piece: Uint8Array): void;
  stderr(piece: Uint8Array): void;
  /** The process and its streams have ended. `isComplete` says whether all that it wrote into the channel was read. */
  ended(exitCode: number | undefined, signal: string | undefined, error: Error | undefined, isComplete: boolean): void;
}

/** A stream of a child, as node makes it. */
interface Stream {
  on(event: string, listener: (argument: Uint8Array) => void): void;
  once(event: string, listener: () => void): void;
  write(bytes: Uint8Array, done?: () => void): boolean;
  pause(): void;
  resume(): void;
  destroy(): void;
  unref?(): void;
}

/** A running process. */
export class Child {
  readonly pid: number;
  readonly #child: NodeChild;
  readonly #streams: Stream[];
  readonly #events: ChildEvents;
  // A process that could not be started has no channel.
  readonly #toChild: Stream | undefined;
  readonly #isLaunched: boolean;
  readonly #connection: ProcessConnection | undefined;
  readonly #writer: PieceWriter | undefined;
  readonly #answers: PieceWriter | undefined;
  readonly #bytes: ResumedBytes | undefined;
  #onStarted: (() => void) | undefined;
  #openStreams = 0;
  #isComplete: boolean;
  // Whether the connection has ended before all that was written into it was read.
  #isBroken = false;
  #exit: { code: number | undefined; signal: string | undefined } | undefined;
  #error: Error | undefined;
  // The SIGKILL that follows a SIGTERM, then the end of the streams.
  #timer: Timer | undefined;
  #ended = false;

  /**
   * Starts a process.
   *
   * @param init The first frame for it.
   * @throws If the runtime refuses at once.
   */
  constructor(command: ProcessCommand, events: ChildEvents, init: readonly Uint8Array[] = []) {
    const { isLaunched, connection, started } = command;
    this.#events = events;
    this.#isLaunched = isLaunched;
    this.#connection = connection;
    this.#onStarted = started;
    const child = this.#child = spawnProcess(command);
    this.pid = child.pid ?? 0;
    child.on("error", (error: Error) => {
      this.#error ??= error;
      // There is no `exit` after a failed start.
      if (child.pid === undefined) this.#exited(undefined, undefined);
    });
    child.on(
      "exit",
      (code: number | null, signal: string | null) => this.#exited(code ?? undefined, signal ?? undefined),
    );
    // The runtime leaves out the streams of a process that it could not start.
    const stdio = (child.stdio ?? []) as unknown as (Stream | undefined)[];
    const streams = this.#streams = stdio.filter((each) => !!each);
    const [stdin, stdout, stderr, ...channel] = stdio;
    const [toChild, fromChild, answers] = isLaunched ? [stdin, stdout] : channel;
    this.#toChild = toChild;
    this.#writer = toChild && new PieceWriter(toChild);
    this.#answers = answers && new PieceWriter(answers);
    this.#isComplete = !fromChild;
    fromChild?.on("end", () => this.#isComplete = true);
    if (!isLaunched) this.#read(stdout, events.stdout);
    this.#read(stderr, events.stderr);
    const take = (piece: Uint8Array) => {
      this.#onStarted?.();
      this.#onStarted = undefined;
      events.data(piece);
    };
    const bytes = this.#bytes = isLaunched || !fromChild ? undefined : new ResumedBytes(take, fromChild);
    this.#read(fromChild, bytes ? (piece) => bytes.descriptorRead(piece) : take);
    if (connection) {
      if (stdin) new PieceWriter(stdin).write(connection.greeting(init));
      this.#connect(connection, bytes ? (piece) => bytes.connectionRead(piece) : take);
    }
    for (const stream of streams) {
      // A stream of a process that dies breaks; its exit says why.
      stream.on("error", () => {});
      stream.unref?.();
    }
    if (child.pid !== undefined) child.unref();
    if (!connection) this.write(init);
  }

  /** Writes to the channel. `done` is called when the bytes have left this process. */
  write(parts: readonly Uint8Array[], done?: () => void): void {
    if (!this.#exit) (this.#connection ?? this.#writer)?.write(parts, done);
  }

  /** The host's side of the file in memory, if there is one. */
  get file(): MemoryFile | undefined {
    return this.#connection?.file;
  }

  /** Writes an answer for which the child blocks. */
  answer(parts: readonly Uint8Array[]): void {
    if (!this.#exit) this.#answers?.write(parts);
  }

  /**
   * Kills the process and all that it has started. `ended` follows.
   *
   * @param grace Milliseconds that the process has after a SIGTERM; at once by default.
   */
  kill(grace?: number): void {
    if (this.pid === 0) return;
    if (grace !== undefined && !this.#exit && this.#terminate()) {
      this.#timer ??= setTimeout(() => this.kill(), grace);
      return;
    }
    if (!this.#killGroup() && !this.#exit) this.#child.kill("SIGKILL");
    this.#hangUp();
  }

  // After a `kill` of the runtime's own, it reports this signal as the end, whatever a listener in the process did.
  #terminate(): boolean {
    try {
      Deno.kill(this.pid, "SIGTERM");
      return true;
    } catch {
      return this.#child.kill("SIGTERM"); // This needs no permission to run anything.
    }
  }

  // A process behind another program may be in no group of ours, or on another machine: the end of its stdin ends it.
  #hangUp(): void {
    if (this.#isLaunched) this.#toChild?.destroy();
  }

  // Needs the permission to run anything: a script with less than that kills the process alone.
  #killGroup(): boolean {
    if (Deno.build.os === "windows") return false;
    try {
      Deno.kill(-this.pid, "SIGKILL");
      return true;
    } catch {
      return false;
    }
  }

  #read(stream: Stream | undefined, take: (piece: Uint8Array) => void): void {
    if (!stream) return;
    this.#openStreams++;
    let isOpen = true;
    // A plain view: `slice` of a Buffer does not copy.
    stream.on("data", ({ buffer, byteOffset, length }: Uint8Array) => {
      if (!this.#ended) take(new Uint8Array(buffer, byteOffset, length));
    });
    stream.on("close", () => {
      if (isOpen) this.#openStreams--;
      isOpen = false;
      this.#endIfOver();
    });
  }

  #connect(connection: ProcessConnection, take: (piece: Uint8Array) => void): void {
    this.#openStreams++;
    const onEnd = (isComplete: boolean) => {
      if (!isComplete) this.#isBroken = true;
      this.#openStreams--;
      this.#endIfOver();
    };
    connection.start((piece) => void (this.#ended || take(piece)), onEnd, (error) => {
      this.#error ??= error;
      this.kill();
    });
  }

  #exited(code: number | undefined, signal: string | undefined): void {
    if (this.#exit) return;
    this.#exit = { code, signal };
    // The processes that it has started live on, and may hold its streams open, so they are killed.
    if (this.pid > 0) this.#killGroup();
    this.#hangUp();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(), STREAMS_LIMIT);
    this.#connection?.processEnded();
    this.#endIfOver();
  }

  #endIfOver(): void {
    if (this.#exit && this.#openStreams === 0) this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    for (const stream of this.#streams) stream.destroy();
    if (this.#connection?.close() === false) this.#isBroken = true;
    const isComplete = this.#isComplete && !this.#isBroken && this.#bytes?.isComplete !== false;
    this.#events.ended(this.#exit?.code, this.#exit?.signal, this.#error, isComplete);
  }
}
