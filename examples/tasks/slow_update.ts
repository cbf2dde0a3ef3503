/** Stands for an update of a database that takes a while. */
export async function update(key: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 20));
  return key;
}
