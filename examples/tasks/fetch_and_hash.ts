import { createHash } from "node:crypto";
import { context } from "@isopool/isopool/worker";

/** Downloads a page, then hashes it: IO and CPU in one task. */
export async function fetchAndHash(url: string, rounds: number): Promise<string> {
  const response = await fetch(url, { signal: context.signal });
  let bytes: Uint8Array = await response.bytes();
  for (let i = 0; i < rounds; i++) bytes = createHash("sha256").update(bytes).digest();
  return bytes.toHex();
}
