/**
 * One task looks for the addresses of images, the other one downloads them. Each can be killed at any time and started
 * again.
 *
 * @module
 */
import { Parser } from "htmlparser2";
import type { Counter, Queue } from "@isopool/isopool";

/** Puts the addresses of all images on the pages into a queue. `next` is the number of the page to continue with. */
export async function scan(pages: readonly string[], next: Counter, addresses: Queue<string>): Promise<void> {
  for (let page = next.get(); page < pages.length; page = next.add() + 1) {
    const html = await (await fetch(pages[page])).text();
    for (const address of imagesOf(html, pages[page])) await addresses.put(address);
  }
}

/** Downloads images into a folder; skips those that are there already. */
export async function download(addresses: Queue<string>, folder: string): Promise<void> {
  for await (const address of addresses) {
    const path = `${folder}/${new URL(address).pathname.split("/").at(-1)}`;
    if (await exists(path)) continue;
    const response = await fetch(address);
    if (!response.ok) throw new Error(`Cannot download ${address}: status ${response.status}`);
    // The file gets its final name only when it is complete.
    await Deno.writeFile(`${path}.part`, await response.bytes());
    await Deno.rename(`${path}.part`, path);
  }
}

/** Gives the absolute addresses of the images of a page, in order. A regex would also find those in comments and scripts. */
function imagesOf(html: string, page: string): string[] {
  const found: string[] = [];
  const parser = new Parser({
    onopentag(name, { src }) {
      if (name === "img" && src && !src.startsWith("data:")) found.push(new URL(src, page).href);
    },
  });
  parser.end(html);
  return found;
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
