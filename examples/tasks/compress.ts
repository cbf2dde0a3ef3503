import { gzipSync } from "node:zlib";

/** Writes a compressed copy of a file. */
export function compress(source: string, target: string): void {
  const bytes = gzipSync(Deno.readFileSync(source));
  Deno.writeFileSync(target, bytes);
  console.log(`compressed to ${bytes.length} bytes`);
}
