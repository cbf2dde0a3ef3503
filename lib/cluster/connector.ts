/**
 * `Connector`: opens the streams of clients of Redis, also of those that BullMQ makes from ours.
 *
 * The client listens to one error of a stream. A stream of TLS often fails twice: the alert of a server that wants a
 * certificate, then the write that was under way. Without a listener the second error would end the process.
 *
 * @module
 */
import { createConnection, Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { Promise as RuntimePromise } from "../core/platform.ts";
import { queueMicrotask } from "../core/timer.ts";
import { AbstractConnector, type RedisOptions } from "./packages.ts";

type Stream = ReturnType<AbstractConnector["connect"]> extends Promise<infer S> ? S : never;

// An address that the runtime refuses at once is an error of the stream, as any other: else the client would wait for ever.
function opened(open: () => Socket): Socket {
  try {
    return open();
  } catch (error) {
    const stream = new Socket();
    queueMicrotask(() => stream.destroy(error as Error));
    return stream;
  }
}

/** Opens streams for one client. */
export class Connector extends AbstractConnector {
  readonly #options: RedisOptions;

  constructor(options: unknown) {
    super((options as RedisOptions).disconnectTimeout ?? 2_000);
    this.#options = options as RedisOptions;
  }

  /** Ends the stream. One that has ended would have a timer that keeps the script alive. */
  override disconnect(): void {
    this.connecting = false;
    if (this.stream?.destroyed === false) super.disconnect();
  }

  /** Opens a stream. It may not be connected yet. */
  connect(): Promise<Stream> {
    const { host, port, path, tls } = this.#options;
    const to = path === undefined || path === null ? { host, port } : { path };
    this.connecting = true;
    this.firstError = undefined;
    const stream = opened(() => tls ? connectTls({ ...to, ...tls }) : createConnection(to as { path: string }));
    stream.on("error", (error: Error) => this.firstError ??= error);
    this.stream = stream as Stream;
    return RuntimePromise.resolve(this.stream);
  }
}
