/**
 * An encoder for PNG files of 8 bits for each of red, green and blue, not interlaced, and a decoder for such files.
 *
 * ```
 * signature | IHDR: size | IDAT: deflate(for each row: filter, differences to the pixel on the left) | IEND
 * ```
 *
 * @module
 */
import { crc32, deflateSync, inflateSync } from "node:zlib";

/** An image: three bytes for each pixel, row by row. */
export interface Image {
  width: number;
  height: number;
  pixels: Uint8Array;
}

const SIGNATURE = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const CHANNELS = 3;
/** "Sub": each byte is the difference to the same channel of the pixel on its left. */
const SUB = 1;

/** Writes a PNG. */
export function encodePng({ width, height, pixels }: Image): Uint8Array<ArrayBuffer> {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8); // bits
  header.setUint8(9, 2); // red, green, blue
  const stride = width * CHANNELS;
  const rows = new Uint8Array(height * (stride + 1));
  for (let y = 0; y < height; y++) {
    const row = rows.subarray(y * (stride + 1), (y + 1) * (stride + 1));
    row[0] = SUB;
    for (let i = 0; i < stride; i++) {
      row[i + 1] = pixels[y * stride + i] - (i < CHANNELS ? 0 : pixels[y * stride + i - CHANNELS]);
    }
  }
  return concat([
    SIGNATURE,
    chunk("IHDR", new Uint8Array(header.buffer)),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", new Uint8Array()),
  ]);
}

/** Reads a PNG that {@linkcode encodePng} wrote; checks every checksum. */
export function decodePng(png: Uint8Array): Image {
  if (SIGNATURE.some((byte, i) => png[i] !== byte)) throw new TypeError("Cannot read image: it is no PNG");
  const view = new DataView(png.buffer, png.byteOffset, png.length);
  const chunks: Record<string, Uint8Array> = {};
  for (let at = 8; at < png.length;) {
    const length = view.getUint32(at);
    const body = png.subarray(at + 4, at + 8 + length);
    const type = new TextDecoder().decode(body.subarray(0, 4));
    if (crc32(body) !== view.getUint32(at + 8 + length)) throw new TypeError(`Cannot read image: ${type} is damaged`);
    chunks[type] = body.subarray(4);
    at += 12 + length;
  }
  const header = new DataView(chunks.IHDR.buffer, chunks.IHDR.byteOffset);
  const [width, height] = [header.getUint32(0), header.getUint32(4)];
  const rows: Uint8Array = inflateSync(chunks.IDAT);
  const stride = width * CHANNELS;
  const pixels = new Uint8Array(height * stride);
  for (let y = 0; y < height; y++) {
    if (rows[y * (stride + 1)] !== SUB) throw new TypeError("Cannot read image: it has another filter than Sub");
    for (let i = 0; i < stride; i++) {
      const at = y * stride + i;
      pixels[at] = rows[y * (stride + 1) + 1 + i] + (i < CHANNELS ? 0 : pixels[at - CHANNELS]);
    }
  }
  return { width, height, pixels };
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = concat([new TextEncoder().encode(type), data]);
  const [length, check] = [new DataView(new ArrayBuffer(4)), new DataView(new ArrayBuffer(4))];
  length.setUint32(0, data.length);
  check.setUint32(0, crc32(body));
  return concat([new Uint8Array(length.buffer), body, new Uint8Array(check.buffer)]);
}

function concat(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
