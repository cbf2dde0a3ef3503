/**
 * `writeAll()`: writes all bytes to a file, a pipe or a terminal.
 *
 * @module
 */

/** What takes bytes: a file, standard output. */
export interface SyncTarget {
  writeSync(bytes: Uint8Array): number;
}

const encoder = new TextEncoder();

/**
 * Writes all bytes, or a text in UTF-8. A single write may take a part of them only.
 *
 * @throws {Error} If they cannot be written, for instance because the disk is full. A part of them may be written then.
 */
export function writeAll(target: SyncTarget, content: string | Uint8Array): void {
  const bytes = typeof content === "string" ? encoder.encode(content) : content;
  for (let written = 0; written < bytes.length;) {
    const count = target.writeSync(bytes.subarray(written));
    if (!(count > 0)) throw new Error(`Wrote ${written} of ${bytes.length} bytes: the target accepts no more`);
    written += count;
  }
}
