import { createHash } from "node:crypto";

/** Hashes the hash of the hash ...; returns the first 8 bytes of the last one. */
export function chain(data: Uint8Array, rounds: number): Uint8Array {
  for (let i = 0; i < rounds; i++) data = createHash("sha256").update(data).digest();
  return data.slice(0, 8);
}
