/**
 * Finds a browser on this machine, and the processes that a browser has started.
 *
 * @module
 */

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/**
 * Gives the path of a Chromium or Chrome: `CHROME` of the environment, or one of the usual places; `undefined` if there is
 * none.
 *
 * @throws {Error} If `CHROME` is no file.
 */
export function findChromium(): string | undefined {
  const chosen = Deno.env.get("CHROME");
  if (!chosen) return PLACES.find(isFile);
  if (isFile(chosen)) return chosen;
  throw new Error(`CHROME is ${chosen}: there is no such file: set it to the path of Chromium or Chrome, or unset it`);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Gives the command lines of all processes that have a text in their command line or environment. Linux only. */
export function processesWith(text: string): string[] {
  const found: string[] = [];
  for (const { name: pid } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const [command, environment] = ["cmdline", "environ"].map((file) =>
        Deno.readTextFileSync(`/proc/${pid}/${file}`)
      );
      if (command.includes(text) || environment.includes(text)) found.push(command.replaceAll("\0", " "));
    } catch { /* The process has ended, or is another user's. */ }
  }
  return found;
}
