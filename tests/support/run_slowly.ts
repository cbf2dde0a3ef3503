/**
 * `runSlowly()`: runs a script whose stdout and stderr go into one pipe that is read slowly, as by a busy log collector.
 *
 * @module
 */
import { pause } from "./within.ts";

const ROOT = new URL("../../", import.meta.url);

/** How the script ended, and its output. */
export interface SlowRun {
  code: number;
  /** Both streams, in the order in which they were written. */
  text: string;
}

/** Runs `source`, with imports through the project's map, and kills it after `deadline` milliseconds. */
export async function runSlowly(
  source: string,
  { flags = ["-A"], deadline = 60_000, delay = 1 }: { flags?: string[]; deadline?: number; delay?: number } = {},
): Promise<SlowRun> {
  const file = await Deno.makeTempFile({ prefix: "isopool-test-", suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, source);
    const args = ["run", "--quiet", "--no-check", "--no-lock", "--import-map=npm.import_map.json", ...flags, file];
    const child = new Deno.Command("sh", {
      args: ["-c", 'exec "$@" 2>&1', "sh", Deno.execPath(), ...args],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
      signal: AbortSignal.timeout(deadline),
    }).spawn();
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for await (const part of child.stdout) {
      parts.push(part as Uint8Array<ArrayBuffer>);
      await pause(delay);
    }
    return { code: (await child.status).code, text: await new Blob(parts).text() };
  } finally {
    await Deno.remove(file);
  }
}

/** Returns the absolute URL of a file of the project, as a literal for a script. */
export function literal(path: string): string {
  return JSON.stringify(new URL(path, ROOT).href);
}
