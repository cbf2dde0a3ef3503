import { context } from "@isopool/isopool/worker";

/** Loads a page; stops when the task's signal is aborted. */
export async function loadUrl(url: string): Promise<Uint8Array> {
  const response = await fetch(url, { signal: context.signal });
  return await response.bytes();
}
