/**
 * Follows the links of a site, 20 requests at a time, 4 of them to one host, and prints the broken ones. Pages of other
 * sites are requested, but their links are not followed. Exit code 1 if a link is broken.
 */
import { pooled } from "@isopool/isopool";
import { Parser } from "htmlparser2";

const [first] = Deno.args;
if (first === undefined || !URL.canParse(first)) {
  console.error("usage: deno task links URL");
  Deno.exit(2);
}
const site = new URL(first).origin;

/** Finds the addresses of a page's `href` and `src` attributes, without their `#...`. */
function linksOf(html: string, page: string): string[] {
  const links: string[] = [];
  const parser = new Parser({
    onattribute(name, value) {
      if ((name !== "href" && name !== "src") || !URL.canParse(value, page)) return;
      const url = new URL(value, page);
      url.hash = "";
      if (/^https?:$/.test(url.protocol)) links.push(url.href);
    },
  });
  parser.end(html);
  return links;
}

/** Requests an address. Returns the links of a page of the site, and throws if the address is broken. */
async function visit(url: string, { signal }: { signal: AbortSignal }): Promise<string[]> {
  const response = await fetch(url, { signal });
  const isPage = response.url.startsWith(`${site}/`) && response.headers.get("content-type")?.startsWith("text/html");
  if (response.ok && isPage) return linksOf(await response.text(), response.url);
  await response.body?.cancel();
  if (!response.ok) throw new Error(`status ${response.status}`);
  return [];
}

const foundOn = new Map([[new URL(first).href, "the command line"]]);
let next = [...foundOn.keys()];
let broken = 0;
while (next.length > 0) { // One round for each distance from the first page.
  const urls = next;
  next = [];
  const outcomes = await pooled(urls, visit, {
    concurrency: 20,
    per: { key: (url) => new URL(url).host, limit: 4 },
    // A broken link is requested twice: some servers fail now and then.
    retry: { maxAttempts: 2, minTimeout: 100 },
    timeout: 30_000,
    onError: "settle",
  });
  for (const outcome of outcomes) {
    const url = urls[outcome.index];
    if (outcome.status === "rejected") {
      broken++;
      console.log(`${url}: ${outcome.reason.message} (on ${foundOn.get(url)})`);
    } else {
      for (const link of outcome.value) {
        if (foundOn.has(link)) continue;
        foundOn.set(link, url);
        next.push(link);
      }
    }
  }
}
console.error(`${foundOn.size} links, ${broken} broken`);
Deno.exitCode = broken > 0 ? 1 : 0;
