import type { Queue } from "@isopool/isopool";

/** Puts `count` letters, then closes the queue. */
export async function sender(q: Queue<string | null>, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await q.put(i === 1 ? null : `letter ${i} `.repeat(100));
  q.close();
}

/** Gets letters until the queue is closed and empty. Returns their number and their total length. */
export async function receiver(q: Queue<string | null>): Promise<[letters: number, characters: number]> {
  let letters = 0, characters = 0;
  for await (const letter of q) {
    letters++;
    characters += letter?.length ?? 0;
  }
  return [letters, characters];
}
