/**
 * On a terminal, Deno asks the user when a worker does what it may not, and a "y" gives it the permission. No code can
 * turn that off, only whoever starts the script: so that is said, once.
 *
 * @module
 */

let told = false;

/** Warns if a denied operation of a task would ask the user. */
export function warnOfPrompts(): void {
  if (told || !Deno.stdin.isTerminal() || !Deno.stderr.isTerminal() || isOff()) return;
  told = true;
  console.warn(
    "isopool: on this terminal, Deno asks the user whether a task may do what its `permissions` do not allow, and the " +
      "task waits for the answer: start the script with DENO_NO_PROMPT=1 (or --no-prompt), and it is denied",
  );
}

// None of these asks: what may not be read counts as not said.
function isOff(): boolean {
  if (Deno.permissions.querySync({ name: "env", variable: "DENO_NO_PROMPT" }).state === "granted") {
    if (Deno.env.get("DENO_NO_PROMPT") === "1") return true;
  }
  try {
    // Under -A, on Linux; elsewhere the flag cannot be seen.
    const path = "/proc/self/cmdline";
    if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") return false;
    return Deno.readTextFileSync(path).split("\0").includes("--no-prompt");
  } catch {
    return false;
  }
}
