/**
 * `warningsDuring()`: collects what is printed by `console.warn`.
 *
 * @module
 */

/** Runs `body`, and returns the warnings during it, instead of printing them. */
export async function warningsDuring(body: () => Promise<void>): Promise<string[]> {
  const printed: string[] = [];
  const { warn } = console;
  console.warn = (...parts: unknown[]) => printed.push(parts.join(" "));
  try {
    await body();
  } finally {
    console.warn = warn;
  }
  return printed;
}
