/**
 * Deadlines and waits: no test may hang.
 *
 * @module
 */

/** Time limit of a wait for something that must happen, in milliseconds. */
export const MUST_HAPPEN = 10_000;

/** Settles as `promise` does; rejects when that takes longer than `ms`. */
export async function within<T>(ms: number, promise: PromiseLike<T>, what = "this"): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Deadline missed: ${what} took longer than ${ms} ms`)), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Polls until `condition` holds; rejects after `ms`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string | (() => string),
  ms: number = MUST_HAPPEN,
): Promise<void> {
  const end = performance.now() + ms;
  while (!await condition()) {
    if (performance.now() > end) {
      throw new Error(`Deadline missed: not within ${ms} ms: ${typeof what === "string" ? what : what()}`);
    }
    await pause(2);
  }
}

/** Lets time pass, for tests of time. To wait for something, use `until`. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Registers a test that fails, instead of hanging, after `deadline` milliseconds. `ignore` is the reason not to run it;
 * `true` means that it needs Linux. tests/run.ts lists the reasons.
 */
export function test(
  name: string,
  body: () => void | Promise<void>,
  { deadline = 30_000, ignore = false }: { deadline?: number; ignore?: boolean | string } = {},
): void {
  const fn = () => within(deadline, Promise.resolve(body()), `test "${name}"`);
  if (!ignore) Deno.test(name, fn);
  else Deno.test.ignore(`${name} [ignored: ${ignore === true ? "it needs Linux" : ignore}]`, fn);
}

/**
 * Returns the value or error of `promise`, and the milliseconds since `start`. A test that asserts a shortest time gives
 * a `start` from before the wait began: the thread may be suspended between making the promise and this call.
 */
export async function timed<T>(
  promise: PromiseLike<T>,
  start = performance.now(),
): Promise<{ ms: number; value?: T; error?: unknown }> {
  try {
    const value = await promise;
    return { ms: performance.now() - start, value };
  } catch (error) {
    return { ms: performance.now() - start, error };
  }
}

/** Waits for one turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
