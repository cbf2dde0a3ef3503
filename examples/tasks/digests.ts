import { createHash } from "node:crypto";

/** A file: a range of the memory that holds all files. */
export type File = readonly [start: number, length: number];

/** Returns the sha256 of each file. */
export function digests(memory: SharedArrayBuffer, files: readonly File[]): string[] {
  return files.map(([start, length]) =>
    createHash("sha256").update(new Uint8Array(memory, start, length)).digest("hex")
  );
}
