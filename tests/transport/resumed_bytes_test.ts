/** What a worker process writes through two ways is read once, in order. */
import { assertEquals } from "@std/assert";
import { ResumedBytes } from "../../lib/transport/resumed_bytes.ts";

const ALL = Uint8Array.from({ length: 100 }, (_, i) => i);

/** The first bytes that come through the descriptor: how many bytes have left through the connection. */
const position = (at: number): Uint8Array => {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, at, true);
  return bytes;
};

/** A stream that hands out nothing while it is paused, as a test can see. */
class Descriptor {
  isPaused = false;
  pause = () => void (this.isPaused = true);
  resume = () => void (this.isPaused = false);
}

/** Cuts bytes into pieces of random lengths. */
function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length;) yield bytes.subarray(at, at += 1 + Math.floor(Math.random() * 9));
}

Deno.test("500 random interleavings: each byte comes once, in order, however much has come through both", () => {
  for (let n = 0; n < 500; n++) {
    const taken: number[] = [];
    const descriptor = new Descriptor();
    const bytes = new ResumedBytes((piece) => taken.push(...piece), descriptor);
    const sent = Math.floor(Math.random() * 100);
    const known = Math.floor(Math.random() * (sent + 1));
    const ways = [
      { pieces: [...pieces(ALL.subarray(0, sent))], read: (piece: Uint8Array) => bytes.connectionRead(piece) },
      {
        pieces: [...pieces(new Uint8Array([...position(known), ...ALL.subarray(known)]))],
        read: (piece: Uint8Array) => bytes.descriptorRead(piece),
      },
    ];
    while (ways.some(({ pieces }) => pieces.length > 0)) {
      const way = ways[Math.floor(Math.random() * 2)];
      // A stream that is paused hands out no more.
      if (way === ways[1] && descriptor.isPaused) continue;
      const piece = way.pieces.shift();
      if (piece) way.read(piece.slice());
    }
    assertEquals([taken, bytes.isComplete], [[...ALL], true], `${sent} sent, ${known} known`);
  }
});

Deno.test("a piece whose predecessors have not come waits, and the descriptor is paused", () => {
  const taken: number[] = [];
  const descriptor = new Descriptor();
  const bytes = new ResumedBytes((piece) => taken.push(...piece), descriptor);
  bytes.descriptorRead(new Uint8Array([...position(2), 2, 3]));
  assertEquals([taken, bytes.isComplete, descriptor.isPaused], [[], false, true]);
  bytes.connectionRead(new Uint8Array([0, 1]));
  assertEquals([taken, bytes.isComplete, descriptor.isPaused], [[0, 1, 2, 3], true, false]);
});

Deno.test("a position that is none is handed on with what follows: the reader of frames refuses it", () => {
  const taken: number[] = [];
  const bytes = new ResumedBytes((piece) => taken.push(...piece), new Descriptor());
  bytes.connectionRead(new Uint8Array([0, 1]));
  bytes.descriptorRead(new TextEncoder().encode("no position"));
  assertEquals(new TextDecoder().decode(new Uint8Array(taken.slice(2))), "no position");
});
