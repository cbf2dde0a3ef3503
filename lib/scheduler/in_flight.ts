/**
 * `InFlight`: the calls of one worker that were sent and have neither settled nor been taken back.
 *
 * @module
 */
import { type Chunk, type ChunkHolder, CLOSED } from "./job.ts";

/** Chunks in the order of the numbers of their calls. Calls start in that order, so the first chunk has the running call. */
export class InFlight {
  /** Calls, not chunks. */
  count = 0;
  readonly chunks: Chunk[] = [];
  /** The number of the next call. */
  nextSeq = 0;

  /** Numbers the calls of a chunk, which `holder` has sent, and adds it. */
  add(chunk: Chunk, holder: ChunkHolder): void {
    chunk.holder = holder;
    chunk.firstSeq = this.nextSeq;
    this.nextSeq += chunk.items.length;
    this.count += chunk.items.length;
    this.chunks.push(chunk);
  }

  /** The chunk of a call, if the call is open. It is mostly the first chunk. */
  find(seq: number): Chunk | undefined {
    for (const chunk of this.chunks) {
      const offset = seq - chunk.firstSeq;
      if (offset >= 0 && offset < chunk.items.length) return chunk.items[offset] === CLOSED ? undefined : chunk;
    }
    return undefined;
  }

  /** Closes `count` neighbouring calls of a chunk from `offset` on. */
  close(chunk: Chunk, offset: number, count: number): void {
    chunk.close(offset, count);
    this.count -= count;
    if (chunk.open > 0) return;
    if (this.chunks[0] === chunk) this.chunks.shift();
    else this.chunks.splice(this.chunks.indexOf(chunk), 1);
  }

  /**
   * Takes back up to `goal` of the calls that have not started, from the end, and only of chunks for which `isFree` is
   * true. Returns the chunks that it cut off, the last one first.
   */
  reclaim(goal: number, isFree: (chunk: Chunk) => boolean, withdraw: (seq: number) => boolean): Chunk[] {
    const parts: Chunk[] = [];
    for (let at = this.chunks.length - 1; at >= 0 && goal > 0; at--) {
      const chunk = this.chunks[at];
      if (chunk.transfer.length > 0) break; // Moved values cannot be sent again.
      if (!isFree(chunk)) continue;
      let from = chunk.items.length;
      while (from > 0 && goal > 0 && chunk.items[from - 1] !== CLOSED && withdraw(chunk.firstSeq + from - 1)) {
        from--;
        goal--;
      }
      if (from === chunk.items.length) break;
      if (from === 0) this.chunks.splice(at, 1);
      this.count -= chunk.items.length - from;
      parts.push(chunk.cut(from));
      if (from > 0) break;
    }
    return parts;
  }

  /** Removes every chunk, and returns them. */
  clear(): Chunk[] {
    this.count = 0;
    return this.chunks.splice(0);
  }
}
