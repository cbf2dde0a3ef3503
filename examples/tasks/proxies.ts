/**
 * Two tasks that share only a queue: one finds addresses of proxies, the other one verifies them.
 *
 * @module
 */
import type { Queue } from "@isopool/isopool";

/** The result for an address. */
export interface Verdict {
  address: string;
  /** Why the proxy does not work; `undefined` if it works. */
  error: string | undefined;
}

/** Reads lists of addresses and puts each address once. Returns them in the order in which it put them. */
export async function crawl(lists: readonly string[], found: Queue<string>): Promise<string[]> {
  const seen = new Set<string>();
  for (const list of lists) {
    const response = await fetch(list);
    for (const [address] of (await response.text()).matchAll(/^\d+\.\d+\.\d+\.\d+:\d+$/gm)) {
      if (seen.has(address)) continue;
      seen.add(address);
      await found.put(address);
    }
  }
  return [...seen];
}

/** Requests a page through each address, until the queue is closed and empty. */
export async function verify(
  found: Queue<string>,
  verdicts: Queue<Verdict>,
  page: string,
  timeout: number,
): Promise<void> {
  for await (const address of found) {
    await verdicts.put({ address, error: await check(address, page, timeout) });
  }
}

async function check(address: string, page: string, timeout: number): Promise<string | undefined> {
  using client = Deno.createHttpClient({ proxy: { url: `http://${address}` } });
  try {
    const response = await fetch(page, { client, signal: AbortSignal.timeout(timeout) });
    const text = await response.text();
    return response.ok && text === "the page" ? undefined : `status ${response.status}`;
  } catch (error) {
    return (error as Error).name;
  }
}
