import { context } from "@isopool/isopool/worker";

/** Loads a page; gives up when the task is told to. */
export async function loadUrl(url: string): Promise<Uint8Array> {
  const response = await fetch(url, { signal: context.signal });
  return await response.bytes();
}
