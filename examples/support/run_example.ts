/**
 * Runs an example in a process of its own.
 *
 * @module
 */

/** Milliseconds after which an example is stopped. */
const DEADLINE = 120_000;
const examples = new URL("../", import.meta.url);

/** Runs a file of `examples/`. Returns its exit code, and what it printed. */
export async function runExample(
  file: string,
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      `--import-map=${new URL("../npm.import_map.json", examples).href}`,
      "-A",
      new URL(file, examples).href,
      ...args,
    ],
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(DEADLINE),
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}
