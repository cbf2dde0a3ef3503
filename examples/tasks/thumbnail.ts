import { move } from "@isopool/isopool";
import { decodePng, encodePng, type Image } from "../support/png.ts";

/** Makes a PNG smaller by a whole factor. The bytes of the result are moved to the caller, not copied. */
export function thumbnail(png: Uint8Array, factor: number): Uint8Array {
  return move(encodePng(shrink(decodePng(png), factor)));
}

/** Box filter: each pixel of the result is the mean of a square of `factor` x `factor` pixels. */
export function shrink({ width, height, pixels }: Image, factor: number): Image {
  const small = { width: Math.floor(width / factor), height: Math.floor(height / factor) };
  const result = new Uint8Array(small.width * small.height * 3);
  for (let y = 0; y < small.height; y++) {
    for (let x = 0; x < small.width; x++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let dy = 0; dy < factor; dy++) {
          const row = ((y * factor + dy) * width + x * factor) * 3 + channel;
          for (let dx = 0; dx < factor; dx++) sum += pixels[row + dx * 3];
        }
        result[(y * small.width + x) * 3 + channel] = Math.round(sum / factor ** 2);
      }
    }
  }
  return { ...small, pixels: result };
}
