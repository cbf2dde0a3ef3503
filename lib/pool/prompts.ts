/**
 * `warnOfPrompts()`: warns, once, that Deno may ask the user. On a terminal, Deno prompts when a worker does something that
 * its permissions deny, and a "y" grants it. No code can turn that off; only the command that starts the script can.
 *
 * @module
 */

let warned = false;

/** Warns if a denied operation of a task would ask the user. */
export function warnOfPrompts(): void {
  if (warned || !Deno.stdin.isTerminal() || !Deno.stderr.isTerminal() || promptsAreOff()) return;
  warned = true;
  console.warn(
    "isopool: on this terminal, Deno asks the user whether a task may do what its `permissions` do not allow, and the " +
      "task waits for the answer: start the script with DENO_NO_PROMPT=1 (or --no-prompt), and it is denied",
  );
}

// None of these prompts: if a setting may not be read, it counts as absent.
function promptsAreOff(): boolean {
  if (Deno.permissions.querySync({ name: "env", variable: "DENO_NO_PROMPT" }).state === "granted") {
    if (Deno.env.get("DENO_NO_PROMPT") === "1") return true;
  }
  try {
    // Works on Linux, with permission to read the file; elsewhere no API shows the flag.
    const path = "/proc/self/cmdline";
    if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") return false;
    return Deno.readTextFileSync(path).split("\0").includes("--no-prompt");
  } catch {
    return false;
  }
}
