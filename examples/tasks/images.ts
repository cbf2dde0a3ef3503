/**
 * One looks for the addresses of images, the other one downloads them. Either can die at any moment, and be started again.
 *
 * @module
 */
import { Parser } from "htmlparser2";
import type { Counter, Queue } from "@isopool/isopool";

/** Puts the addresses of all images on the pages, from page number `next` on, which is where the last scanner was. */
export async function scan(pages: readonly string[], next: Counter, addresses: Queue<string>): Promise<void> {
  for (let page = next.get(); page < pages.length; page = next.add() + 1) {
    const html = await (await fetch(pages[page])).text();
    for (const address of imagesOf(html, pages[page])) await addresses.put(address);
  }
}

/** Saves what is at the addresses into a folder. What is there already is not downloaded again. */
export async function download(addresses: Queue<string>, folder: string): Promise<void> {
  for await (const address of addresses) {
    const path = `${folder}/${new URL(address).pathname.split("/").at(-1)}`;
    if (await exists(path)) continue;
    const response = await fetch(address);
    if (!response.ok) throw new Error(`Cannot download ${address}: status ${response.status}`);
    // Under its own name only when it is whole.
    await Deno.writeFile(`${path}.part`, await response.bytes());
    await Deno.rename(`${path}.part`, path);
  }
}

/** Absolute addresses of the images of a page, in order. A parser knows comments, scripts and entities; a regex does not. */
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
