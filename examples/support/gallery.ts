/**
 * A real web site with pages full of images, on loopback; now and then it does not answer.
 *
 * @module
 */
import { encodePng, type Image } from "./png.ts";

const PAGES = 6, ON_A_PAGE = 6;

/** The site, until the end of its `await using` block. */
export interface Gallery extends AsyncDisposable {
  /** URLs of the pages. */
  readonly pages: readonly string[];
  /** Names of the images on them, in the order of the pages. */
  readonly images: readonly string[];
  /** What is on an image. */
  picture(name: string): Image;
  /** How often a path was asked for. */
  asked(path: string): number;
  /** Settles when a path is asked for, and is not answered: this happens the first time only. */
  stuck(path: string): Promise<void>;
}

/** Starts the site; the first request for each of these paths is never answered. */
export function startGallery(troubles: readonly string[]): Gallery {
  const stop = new AbortController();
  const counts = new Map<string, number>();
  const stuck = new Map(troubles.map((path) => [path, Promise.withResolvers<void>()]));
  const images = ["logo.png", ...Array.from({ length: PAGES * ON_A_PAGE }, (_, i) => `${i}.png`)];

  const options = { hostname: "127.0.0.1", port: 0, signal: stop.signal, onListen() {} };
  const server = Deno.serve(options, async (request) => {
    const { pathname } = new URL(request.url);
    const count = (counts.get(pathname) ?? 0) + 1;
    counts.set(pathname, count);
    const trouble = stuck.get(pathname);
    if (trouble && count === 1) {
      trouble.resolve();
      await new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
    }
    const [, folder, name] = pathname.split("/");
    if (folder === "pages") {
      return new Response(html(Number.parseInt(name)), { headers: { "content-type": "text/html" } });
    }
    if (!images.includes(name)) return new Response("Not found", { status: 404 });
    return new Response(encodePng(picture(name)), { headers: { "content-type": "image/png" } });
  });
  return {
    pages: Array.from({ length: PAGES }, (_, i) => `http://127.0.0.1:${server.addr.port}/pages/${i}.html`),
    images,
    picture,
    asked: (path) => counts.get(path) ?? 0,
    stuck: (path) => stuck.get(path)!.promise,
    [Symbol.asyncDispose]() {
      stop.abort();
      return server.finished;
    },
  };
}

/** A page as people write them: what looks like an image and is none is there too. */
function html(page: number): string {
  const figures = Array.from({ length: ON_A_PAGE }, (_, i) => {
    const name = page * ON_A_PAGE + i;
    return `<figure><img alt="a > b" src="../images/${name}.png?width=8&amp;height=8"><figcaption>${name}</figcaption>`;
  });
  return `<!doctype html><title>Page ${page}</title>
    <IMG SRC=/images/logo.png>
    <!-- <img src="/images/removed.png"> -->
    <script>document.title = '<img src="/images/never.png">';</script>
    <img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">
    ${figures.join("\n")}`;
}

function picture(name: string): Image {
  const seed = Number.parseInt(name) || 0;
  return { width: 8, height: 8, pixels: Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => i * (seed + 1)) };
}
