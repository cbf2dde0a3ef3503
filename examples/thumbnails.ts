/**
 * Python: a `ProcessPoolExecutor` for images: "every id is an image, every core does its share".
 *
 * The main thread reads and writes PNG files, the workers shrink them. `move` transfers the bytes to the worker and back
 * without a copy; a process pool pickles them twice.
 */
import { assert, assertEquals } from "@std/assert";
import { move, Pool, tasks } from "@isopool/isopool";
import { decodePng, encodePng, type Image } from "./support/png.ts";
import { TempFolder } from "./support/temp.ts";

const { thumbnail } = tasks<typeof import("./tasks/thumbnail.ts")>(import.meta.resolve("./tasks/thumbnail.ts"));

/** Draws rings around a point, in colours that depend on `seed`. */
function picture(width: number, height: number, seed: number): Image {
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const ring = Math.hypot(x - 40 * seed, y - 30 * seed) / 10;
      pixels[at++] = 128 + 127 * Math.sin(ring);
      pixels[at++] = 255 * x / width;
      pixels[at++] = 255 * y / height;
    }
  }
  return { width, height, pixels };
}

/** Gives the mean of each colour; a box filter keeps it. */
function means({ pixels }: Image): number[] {
  const sums = [0, 0, 0];
  pixels.forEach((value, i) => sums[i % 3] += value);
  return sums.map((sum) => sum / (pixels.length / 3));
}

const FACTOR = 8;
using folder = new TempFolder();
const names = Array.from({ length: 12 }, (_, i) => `picture-${i}.png`);
names.forEach((name, seed) => Deno.writeFileSync(folder.file(name), encodePng(picture(320, 240, seed))));

await using pool = new Pool();
const sizes = await Promise.all(names.map(async (name) => {
  const bytes = await Deno.readFile(folder.file(name));
  const before = bytes.length;
  const future = pool.submit(thumbnail, move(bytes), FACTOR);
  assertEquals(bytes.length, 0); // The bytes are in the worker now.
  const small = await future;
  await Deno.writeFile(folder.file(`small-${name}`), small);
  return [before, small.length];
}));

for (const name of names) {
  const [large, small] = [name, `small-${name}`].map((name) => decodePng(Deno.readFileSync(folder.file(name))));
  assertEquals([small.width, small.height], [40, 30]);
  const wanted = means(large);
  means(small).forEach((mean, channel) => assert(Math.abs(mean - wanted[channel]) < 1));
}
const [before, after] = sizes.reduce(([a, b], [c, d]) => [a + c, b + d]);
console.log(`${names.length} images, ${before} bytes -> ${after} bytes`);
assert(after < before / FACTOR);
