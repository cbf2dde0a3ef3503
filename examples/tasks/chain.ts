import { createHash } from "node:crypto";

/** Hashes `data`, then the hash, and so on, `rounds` times; returns the first 8 bytes of the last hash. */
export function chain(data: Uint8Array, rounds: number): Uint8Array {
  for (let i = 0; i < rounds; i++) data = createHash("sha256").update(data).digest();
  return data.slice(0, 8);
}
