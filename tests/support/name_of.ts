/**
 * How something ends, as a word: what a thread can tell its test.
 *
 * @module
 */

/** `ok`, or the name of what was thrown. */
export async function nameOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return "ok";
  } catch (error) {
    return (error as Error).name;
  }
}
