/**
 * Runs a script on a pseudo-terminal, and renders its output as far as a progress bar needs it.
 *
 * @module
 */

const ROOT = new URL("../../", import.meta.url);

/**
 * The lines that a terminal without bounds shows after these bytes. It knows `\r`, `\n`, `ESC[A` (up), `ESC[J` (clears from
 * here on), `ESC[K` (clears to the end of the line) and `ESC[2K` (the whole line), ignores colours, and throws at anything
 * else.
 */
export function render(text: string): string[] {
  const lines: string[][] = [[]];
  let row = 0, column = 0;
  // deno-lint-ignore no-control-regex -- what a terminal is controlled by
  const known = /\r|\n|\x1b\[(\d*)([AJKm])|[^\r\n\x1b]+/y;
  for (let found = known.exec(text); found; found = known.exec(text)) {
    const [all, number, command] = found;
    const line = lines[row];
    if (all === "\r") column = 0;
    else if (all === "\n") {
      if (++row === lines.length) lines.push([]);
    } else if (command === "A") row = Math.max(0, row - Number(number || 1));
    else if (command === "J" || command === "K") {
      if (command === "K" && number === "2") line.length = 0;
      else if (number === "" || number === "0") line.length = Math.min(line.length, column);
      else throw new Error(`The terminal does not know ESC[${number}${command}`);
      if (command === "J") lines.length = row + 1;
    } else if (command === undefined) {
      for (const char of all) line[column++] = char;
    }
    if (known.lastIndex >= text.length) {
      return lines.map((each) => Array.from(each, (char) => char ?? " ").join("").trimEnd());
    }
  }
  throw new Error(`The terminal does not know ${JSON.stringify(text.slice(0, 20))} or what follows it`);
}

/** What python needs to do: a pty of a known width, its output copied to stdout byte by byte. */
const PTY = `
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
while True:
    try:
        data = os.read(fd, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

/** Whether this machine can run a script on a pty. */
export function hasPty(): boolean {
  if (Deno.build.os === "windows") return false;
  try {
    return new Deno.Command("python3", { args: ["-c", "import pty"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Runs `source` on a terminal of `columns` columns; returns its whole output. */
export async function runOnTerminal(
  source: string,
  { columns = 80, deadline = 60_000 }: { columns?: number; deadline?: number } = {},
): Promise<{ code: number; text: string }> {
  const file = await Deno.makeTempFile({ prefix: "isopool-test-", suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, source);
    const args = ["run", "--quiet", "--no-check", "--no-lock", "--import-map=npm.import_map.json", "-A", file];
    const { code, stdout } = await new Deno.Command("python3", {
      args: ["-c", PTY, String(columns), Deno.execPath(), ...args],
      cwd: ROOT,
      env: { NO_COLOR: "1", TERM: "xterm" },
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
      signal: AbortSignal.timeout(deadline),
    }).output();
    return { code, text: new TextDecoder().decode(stdout) };
  } finally {
    await Deno.remove(file);
  }
}
