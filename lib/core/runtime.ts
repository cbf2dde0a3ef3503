/**
 * The runtime: checks that it has what this library needs, finds its program, and asks for permissions without a prompt.
 *
 * @module
 */
import { IsopoolError } from "./errors.ts";

/**
 * Oldest Deno that the library runs on. 2.9.0 brought Web Locks, without which the host cannot stop a runaway thread; up to
 * 2.9.3 the port of a thread that was stopped by force does not close, so that the host does not notice its end, and up to
 * 2.9.1 the extra descriptors of a child process break (`deno task versions`).
 */
const OLDEST_DENO = [2, 9, 4];

/**
 * Checks the version of Deno.
 *
 * @throws {IsopoolError} If it is older than 2.9.4.
 */
export function checkRuntime(version: string = Deno.version.deno): void {
  const parts = version.split(".").map((part) => Number.parseInt(part));
  const at = OLDEST_DENO.findIndex((oldest, i) => parts[i] !== oldest);
  if (at < 0 || parts[at] > OLDEST_DENO[at]) return;
  const oldest = OLDEST_DENO.join(".");
  throw new IsopoolError(
    `Cannot create pool: this is Deno ${version}: it needs ${oldest} or newer: run \`deno upgrade\``,
  );
}

let execPath: string | undefined;

/** Returns the path of the program that runs worker processes: this runtime's, or the one on the search path. */
export function denoPath(): string {
  // A compiled program is not able to run modules. The runtime takes 0.1 ms to find its path.
  return Deno.build.standalone ? "deno" : execPath ??= Deno.execPath();
}

/** Whether this script has all these permissions. One that the runtime would ask the user for is not granted: no prompt is shown. */
export function isGranted(...permissions: Deno.PermissionDescriptor[]): boolean {
  return permissions.every((each) => Deno.permissions.querySync(each).state === "granted");
}
