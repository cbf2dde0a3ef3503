/**
 * Python: "one process does nothing but scan pages for the addresses of images, another one only downloads them".
 *
 * The queue between them is bounded: the scanner waits while the downloader is stuck. Both get stuck, are killed, and are
 * started again. The scanner continues at the page where it was: a `Counter` outlives it. The downloader skips files that
 * are on the disk. The address that it had taken is not in the queue any more: `takeLost` reports it, and the pages are
 * scanned once more.
 *
 * The folder for the images can be given as an argument.
 */
import { assert, assertEquals } from "@std/assert";
import { Counter, Process, Queue, tasks } from "@isopool/isopool";
import { startGallery } from "./support/gallery.ts";
import { decodePng } from "./support/png.ts";
import { TempFolder } from "./support/temp.ts";

const { scan, download } = tasks<typeof import("./tasks/images.ts")>(import.meta.resolve("./tasks/images.ts"));

const PAGE = "/pages/4.html", IMAGE = "/images/9.png"; // The last page but one; the fourth image on page 1.
await using gallery = startGallery([PAGE, IMAGE]);
using temp = new TempFolder();
const [folder = temp.path] = Deno.args;

const addresses = new Queue<string>({ maxSize: 3 });
const next = new Counter();
const scanner = () => new Process(scan, [gallery.pages, next, addresses], { name: "scanner" }).start();
const downloader = () => new Process(download, [addresses, folder], { name: "downloader" }).start();

async function killStuck(process: Process<never, unknown>, path: string): Promise<void> {
  await gallery.stuck(path);
  process.kill();
  await process.join();
  console.log(`${process.name} was stuck at ${path}: ${process.reason}`);
}

const firstScanner = scanner();
await killStuck(downloader(), IMAGE);
const scanned = gallery.pages.filter((page) => gallery.requestsOf(new URL(page).pathname) > 0).length;
console.log(`meanwhile the scanner has reached page ${scanned} of ${gallery.pages.length}`);

const secondDownloader = downloader();
await killStuck(firstScanner, PAGE);
await scanner().result();

const lost = addresses.takeLost();
console.log(`${lost.length} lost; the pages are scanned again`);
next.set(0);
await scanner().result();
addresses.close();
await secondDownloader.result();

const files = Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
console.log(`${files.length} images are there`);
assertEquals(files, gallery.images.toSorted());
for (const name of files) {
  const { pixels } = decodePng(Deno.readFileSync(`${folder}/${name}`));
  assertEquals(pixels, gallery.picture(name).pixels);
  // Only the lost image was requested twice.
  assertEquals(gallery.requestsOf(`/images/${name}`), `/images/${name}` === IMAGE ? 2 : 1);
}
// The second scanner continued at the page of the first one; the third one began at page 0.
assertEquals(gallery.pages.map((page) => gallery.requestsOf(new URL(page).pathname)), [2, 2, 2, 2, 3, 2]);
assertEquals(lost.length, 1);
// The queue holds 3 addresses, so the scanner did not get far while the downloader was stuck.
assert(scanned <= 3);
