/**
 * Two programs that know nothing of each other but a queue.
 *
 * @module
 */
import type { Queue } from "@isopool/isopool";

/** What is known of an address. */
export interface Verdict {
  address: string;
  /** Why it is no good; `undefined` if it is. */
  error: string | undefined;
}

/** Reads lists of addresses and puts each address once. Gives them in the order in which they were put. */
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

/** Asks for a page through each address, until there are no more. */
export async function verify(
  found: Queue<string>,
  verdicts: Queue<Verdict>,
  page: string,
  patience: number,
): Promise<void> {
  for await (const address of found) {
    await verdicts.put({ address, error: await fault(address, page, patience) });
  }
}

async function fault(address: string, page: string, patience: number): Promise<string | undefined> {
  using client = Deno.createHttpClient({ proxy: { url: `http://${address}` } });
  try {
    const response = await fetch(page, { client, signal: AbortSignal.timeout(patience) });
    const text = await response.text();
    return response.ok && text === "the page" ? undefined : `status ${response.status}`;
  } catch (error) {
    return (error as Error).name;
  }
}
