/**
 * Files of lines that a killed run may have left with an unfinished last line.
 *
 * @module
 */

/** Size of the parts in which the last line end is looked for, in bytes. */
const BLOCK = 1 << 18;
const NEWLINE = 10;

/** Reads `size` bytes from a position on; fewer only at the end of the file. It moves the position of the file. */
export function readAt(file: Deno.FsFile, offset: number, size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  file.seekSync(offset, Deno.SeekMode.Start);
  let read = 0;
  for (let count: number | null; read < size && (count = file.readSync(bytes.subarray(read))); read += count);
  return bytes.subarray(0, read);
}

/** Returns the size of a file's whole lines, in bytes: the position after its last line end. It moves the position of the file. */
export function sizeOfLines(file: Deno.FsFile): number {
  for (let end = file.statSync().size; end > 0;) {
    const start = Math.max(0, end - BLOCK);
    const newline = readAt(file, start, end - start).lastIndexOf(NEWLINE);
    if (newline >= 0) return start + newline + 1;
    end = start;
  }
  return 0;
}
