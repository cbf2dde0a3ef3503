/**
 * `nameOf()`: how a call ends, as a string that a task can return to its test.
 *
 * @module
 */

/** Returns `ok`, or the name of the error that `call` throws. */
export async function nameOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return "ok";
  } catch (error) {
    return (error as Error).name;
  }
}
