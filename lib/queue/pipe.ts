/**
 * `Pipe`: creates two connections, each held by one thread.
 *
 * @module
 */
import { boolean, knownOptions } from "../core/validate.ts";
import { Arrival, VERSION } from "../shared/handle.ts";
import { newMemory } from "../shared/memory.ts";
import { Channel, UNLIMITED } from "./channel.ts";
import type { ConnectionMemory } from "./channel_end.ts";
import { Connection, KIND } from "./connection.ts";
import { End } from "./steps/ends.ts";

export { Connection } from "./connection.ts";

/** Options of {@linkcode Pipe}. */
export interface PipeOptions {
  /**
   * Whether both ends can send and receive. If not, the first end receives and the second sends.
   *
   * @default true
   */
  duplex?: boolean;
}

/**
 * Creates a pipe: two ends that are connected (`multiprocessing.Pipe`).
 *
 * @example Send in one direction
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Pipe } from "@isopool/isopool";
 *
 * const [reader, writer] = Pipe<number>({ duplex: false });
 * await writer.send(1);
 * writer.close();
 * assertEquals(await Array.fromAsync(reader), [1]);
 * ```
 */
export function Pipe<T = unknown>(options?: PipeOptions): [Connection<T>, Connection<T>] {
  knownOptions("create Pipe", options, ["duplex"]);
  const duplex = boolean("create Pipe", "duplex", options?.duplex, true);
  const ends = newMemory(2 * End.SIZE);
  const toFirst = new Channel(UNLIMITED).memory;
  const toSecond = duplex ? new Channel(UNLIMITED).memory : undefined;
  const end = (parts: ConnectionMemory) => new Connection<T>(new Arrival({ kind: KIND, version: VERSION, parts }));
  const first = end({ ends, side: 0, inbox: toFirst, outbox: toSecond });
  return [first, end({ ends, side: 1, inbox: toSecond, outbox: toFirst })];
}
