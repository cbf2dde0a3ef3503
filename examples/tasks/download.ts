import { context } from "@isopool/isopool/worker";

/** Downloads a page and returns its length; throws if the status is an error. */
export async function download(url: string): Promise<number> {
  const response = await fetch(url, { signal: context.signal });
  const { length } = await response.bytes();
  if (!response.ok) throw new Error(`Cannot download ${new URL(url).pathname}: status ${response.status}`);
  console.log(`downloaded ${length} bytes`);
  return length;
}
