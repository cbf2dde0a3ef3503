/**
 * The inherited descriptors of a worker process: 3 for frames of the host, 4 for frames to it, 5 for answers for which this
 * thread blocks.
 *
 * Only `node:fs` and `node:net` use a descriptor by its number. Loading them takes as long as half of the start of a process,
 * so a worker that has a connection loads them when it must write or read without a turn of the event loop.
 *
 * @module
 */
import { FrameReader } from "../lib/protocol/frames.ts";

const FROM_HOST = 3;
const TO_HOST = 4;
const ANSWERS = 5;
/** Bytes of one read. */
const PIECE = 2 ** 18;

type Files = Pick<typeof import("node:fs"), "readSync" | "writeSync">;

let loaded: Files | undefined;

// deno-lint-ignore no-process-global
const files = (): Files => loaded ??= { ...process.getBuiltinModule("node:fs") };

/** Writes bytes into the channel. They have left this process when it returns. */
export function writeDescriptor(bytes: Uint8Array): void {
  const { writeSync } = files();
  for (let written = 0; written < bytes.length;) written += writeSync(TO_HOST, bytes, written, bytes.length - written);
}

/** Reads frames until the host closes the channel, which calls `onEnd`. */
export async function readDescriptor(onMessage: (message: unknown) => void, onEnd: () => void): Promise<void> {
  const { Socket } = await import("node:net");
  const reader = new FrameReader(onMessage);
  const onread = {
    buffer: new Uint8Array(PIECE),
    callback(count: number, buffer: Uint8Array) {
      reader.push(buffer.subarray(0, count));
      return true;
    },
  };
  // A read by `node:fs` goes through another thread: 20 us more for each message.
  new Socket({ fd: FROM_HOST, readable: true, writable: false, onread } as object)
    .on("error", onEnd).on("close", onEnd).resume();
}

/** Returns a function that blocks this thread until the next answer. `onEnd` is called when the channel has ended. */
export function answerReader<T>(onEnd: () => never): () => T {
  let answer: T | undefined;
  const reader = new FrameReader((message) => answer = message as T);
  const piece = new Uint8Array(PIECE);
  return () => {
    const { readSync } = files();
    for (answer = undefined; answer === undefined;) {
      const room = reader.room(PIECE);
      const count = readSync(ANSWERS, room ?? piece, 0, (room ?? piece).length, null);
      if (count === 0) return onEnd();
      if (room) reader.filled(count);
      else reader.push(piece.subarray(0, count));
    }
    return answer;
  };
}
