/**
 * Reads files, or standard input, as one stream of text.
 *
 * @module
 */
import { UsageError } from "./usage_error.ts";

/** Size of one read in bytes. */
const BLOCK = 1 << 18;

/**
 * Reads files one after another; `-` is standard input. Each block is passed on as it arrives: a slow producer is not
 * waited for.
 *
 * @throws {UsageError} If a file cannot be opened, or is not UTF-8.
 */
export async function* textOf(files: readonly string[]): AsyncGenerator<string> {
  const block = new Uint8Array(BLOCK);
  for (const path of files) {
    const isStdin = path === "-";
    const file = isStdin ? Deno.stdin : await open(path);
    // A file name or a line that is not UTF-8 must not arrive as another one.
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
    let bytes = 0;
    try {
      for (let count = await file.read(block); count !== null; count = await file.read(block)) {
        const text = decode(decoder, block.subarray(0, count), path, bytes);
        bytes += count;
        if (text !== "") yield text;
      }
      const rest = decode(decoder, undefined, path, bytes);
      if (rest !== "") yield rest;
    } finally {
      if (!isStdin) file.close();
    }
  }
}

function decode(decoder: TextDecoder, bytes: Uint8Array | undefined, path: string, position: number): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined });
  } catch {
    const name = path === "-" ? "Standard input" : path;
    throw new UsageError(
      `${name} is not UTF-8 between byte ${position} and ${position + (bytes?.length ?? 0)}: convert it with iconv`,
    );
  }
}

async function open(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw new UsageError(`Cannot read ${path}: ${message(error)}`);
    throw new UsageError(`Cannot read ${path}: there is no such file: values on the command line stand after :::`);
  }
}

/** The message of what was thrown. */
export function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
