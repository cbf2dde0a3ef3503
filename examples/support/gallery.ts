/**
 * A real web site with pages of images, on loopback. The first request for some paths is never answered.
 *
 * @module
 */
import { encodePng, type Image } from "./png.ts";

const PAGES = 6, IMAGES_A_PAGE = 6;

/** The site, until the end of its `await using` block. */
export interface Gallery extends AsyncDisposable {
  /** URLs of the pages. */
  readonly pages: readonly string[];
  /** Names of the images on them, in the order of the pages. */
  readonly images: readonly string[];
  /** Gives the pixels of an image. */
  picture(name: string): Image;
  /** Gives the number of requests for a path. */
  requestsOf(path: string): number;
  /** Settles when the request for a path arrives that is not answered. */
  stuck(path: string): Promise<void>;
}

/** Starts the site. The first request for each path in `unanswered` is never answered. */
export function startGallery(unanswered: readonly string[]): Gallery {
  const stop = new AbortController();
  const counts = new Map<string, number>();
  const stuck = new Map(unanswered.map((path) => [path, Promise.withResolvers<void>()]));
  const images = ["logo.png", ...Array.from({ length: PAGES * IMAGES_A_PAGE }, (_, i) => `${i}.png`)];

  const options = { hostname: "127.0.0.1", port: 0, signal: stop.signal, onListen() {} };
  const server = Deno.serve(options, async (request) => {
    const { pathname } = new URL(request.url);
    const count = (counts.get(pathname) ?? 0) + 1;
    counts.set(pathname, count);
    const hang = stuck.get(pathname);
    if (hang && count === 1) {
      hang.resolve();
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
    requestsOf: (path) => counts.get(path) ?? 0,
    stuck: (path) => stuck.get(path)!.promise,
    [Symbol.asyncDispose]() {
      stop.abort();
      return server.finished;
    },
  };
}

/** Makes a page with images, and with text that looks like an image and is none. */
function html(page: number): string {
  const figures = Array.from({ length: IMAGES_A_PAGE }, (_, i) => {
    const name = page * IMAGES_A_PAGE + i;
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
