/** The task of `deno task thumbnails`. */
import jpeg from "jpeg-js";

/** Writes a JPEG of a given width from another one. Returns its size in pixels. */
export async function thumbnail(from: string, to: string, width: number): Promise<[width: number, height: number]> {
  const large = jpeg.decode(await Deno.readFile(from), { useTArray: true, maxMemoryUsageInMB: 1_024 });
  const small = shrink(large, Math.min(width, large.width));
  await Deno.writeFile(to, jpeg.encode(small, 85).data);
  return [small.width, small.height];
}

/** Each pixel of the result is the mean of the pixels that it covers. */
function shrink({ width, height, data }: { width: number; height: number; data: Uint8Array }, newWidth: number) {
  const newHeight = Math.max(1, Math.round(height * newWidth / width));
  const result = new Uint8Array(newWidth * newHeight * 4);
  const edge = (i: number, from: number, to: number) => Math.floor(i * from / to);
  for (let y = 0, at = 0; y < newHeight; y++) {
    const top = edge(y, height, newHeight), bottom = Math.max(top + 1, edge(y + 1, height, newHeight));
    for (let x = 0; x < newWidth; x++) {
      const left = edge(x, width, newWidth), right = Math.max(left + 1, edge(x + 1, width, newWidth));
      for (let channel = 0; channel < 4; channel++, at++) {
        let sum = 0;
        for (let row = top; row < bottom; row++) {
          for (let column = left; column < right; column++) sum += data[(row * width + column) * 4 + channel];
        }
        result[at] = sum / ((bottom - top) * (right - left));
      }
    }
  }
  return { width: newWidth, height: newHeight, data: result };
}
