/** Takes a second, as in the document. */
export async function worker(x: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return x * x;
}
