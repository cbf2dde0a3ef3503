/**
 * The channel of a worker process to its host: frames in on descriptor 3, frames out on descriptor 4, and answers for which
 * this thread blocks on descriptor 5.
 *
 * Writes are synchronous: a message has left this process when `post` returns, so a result survives a kill that comes
 * right after it. A host that does not read holds up its worker, which is the back-pressure.
 *
 * @module
 */
import { readSync, writeSync } from "node:fs";
import { Socket } from "node:net";
import { encodeFrame, FrameReader } from "../lib/protocol/frames.ts";
import type { WorkerMessage } from "../lib/protocol/messages.ts";
import { frameOfThrown } from "../lib/protocol/thrown_frame.ts";

const FROM_HOST = 3;
const TO_HOST = 4;
const ANSWERS = 5;
/** Bytes of one read. */
const PIECE = 2 ** 18;
/** Maximum number of bytes that are copied, so that there is one write. */
const SMALL = 2 ** 14;

// Taken at load: a task can replace the functions of the module.
const [readPieceSync, writePiece] = [readSync, writeSync];

// What is written in one go, since each write wakes the host: the frame that waits for the next one, and small parts.
const small = new Uint8Array(SMALL);
let held = 0;

/** Writes the frame of a message, which may have a thrown value in it. */
export function post(message: WorkerMessage): void {
  write(frameOf(message));
}

/** Writes the frame of a message together with the next one, if it is small. The next one must follow at once. */
export function postWithNext(message: WorkerMessage): void {
  const parts = frameOf(message);
  // Half of it leaves room for the next frame.
  if (held + lengthOf(parts) > SMALL / 2) write(parts);
  else hold(parts);
}

function frameOf(message: WorkerMessage): Uint8Array[] {
  const thrown = "thrown" in message ? message.thrown : undefined;
  return thrown ? frameOfThrown(thrown, (thrown) => ({ ...message, thrown })) : encodeFrame(message);
}

function write(parts: readonly Uint8Array[]): void {
  if (held + lengthOf(parts) > SMALL) {
    writeHeld();
    return parts.forEach((part) => writeAll(part, part.length));
  }
  hold(parts);
  writeHeld();
}

function hold(parts: readonly Uint8Array[]): void {
  for (const part of parts) {
    small.set(part, held);
    held += part.length;
  }
}

function writeHeld(): void {
  const length = held;
  held = 0;
  writeAll(small, length);
}

function writeAll(bytes: Uint8Array, length: number): void {
  for (let written = 0; written < length;) written += writePiece(TO_HOST, bytes, written, length - written);
}

const lengthOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, { length }) => sum + length, 0);

/**
 * Reads frames until the host closes the channel.
 *
 * @param onMessage Receives each message.
 * @param onEnd Is called when the channel has ended.
 */
export function listen(onMessage: (message: unknown) => void, onEnd: () => void): void {
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
    for (answer = undefined; answer === undefined;) {
      const room = reader.room(PIECE);
      const count = readPieceSync(ANSWERS, room ?? piece, 0, (room ?? piece).length, null);
      if (count === 0) return onEnd();
      if (room) reader.filled(count);
      else reader.push(piece.subarray(0, count));
    }
    return answer;
  };
}
