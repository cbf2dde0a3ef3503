/** Simulates a slow update of a database. */
export async function update(key: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return key;
}
