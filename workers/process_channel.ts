/**
 * The channel of a worker process to its host: frames in on descriptor 3, frames out on descriptor 4, and answers for which
 * this thread blocks on descriptor 5.
 *
 * Writes are synchronous: a message has left this process when `post` returns, so a result survives a kill that comes
 * right after it. A host that does not read holds up its worker, which is the back-pressure.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import { read, readSync, writeSync } from "node:fs";
import { encodeFrame, FrameReader } from "../lib/protocol/frames.ts";
import type { WorkerMessage } from "../lib/protocol/messages.ts";
import { frameOfThrown } from "../lib/protocol/thrown_frame.ts";

const FROM_HOST = 3;
const TO_HOST = 4;
const ANSWERS = 5;
/** Bytes of one read; the rest of a larger buffer is read into that buffer itself. */
const PIECE = 64 * 1024;
/** Maximum number of bytes of one read: the runtime takes longer for a read into more, whatever has come. */
const MAX_READ = 2 ** 20;

// Taken at load: a task can replace the functions of the module.
const [readPiece, readPieceSync, writePiece] = [read, readSync, writeSync];

/** Writes the frame of a message, which may have a thrown value in it. */
export function post(message: WorkerMessage): void {
  const thrown = "thrown" in message ? message.thrown : undefined;
  const parts = thrown ? frameOfThrown(thrown, (thrown) => ({ ...message, thrown })) : encodeFrame(message);
  for (const part of parts) {
    for (let written = 0; written < part.length;) written += writePiece(TO_HOST, part, written);
  }
}

/**
 * Reads frames until the host closes the channel.
 *
 * @param onMessage Receives each message.
 * @param onEnd Is called when the channel has ended.
 */
export function listen(onMessage: (message: unknown) => void, onEnd: () => void): void {
  const reader = new FrameReader(onMessage);
  const piece = new Uint8Array(PIECE);
  const next = () => readPiece(FROM_HOST, piece as Buffer, 0, PIECE, null, took);
  const took = (error: unknown, count: number) => {
    if (error || count === 0) return onEnd();
    reader.push(piece.subarray(0, count));
    // The host writes a frame in one go, so what is missing of a large buffer comes without a wait.
    for (let room; (room = reader.room(PIECE)) !== undefined;) {
      const more = readPieceSync(FROM_HOST, room, 0, Math.min(room.length, MAX_READ), null);
      if (more === 0) return onEnd();
      reader.filled(more);
    }
    next();
  };
  next();
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
