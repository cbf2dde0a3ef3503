/** Squares a number; takes a second, as the Python original does. */
export async function worker(x: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return x * x;
}
