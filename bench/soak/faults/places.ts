/**
 * What the harness takes from the system: a folder, a small disk, a clock that can be set.
 *
 * @module
 */

/** Size of the small disk in bytes. */
const DISK_SIZE = 131_072;

/** Where rounds may write. */
export interface Places {
  readonly folder: string;
  /** A folder on a small disk, if one can be mounted. */
  readonly disk?: string;
}

/** Gives the environment of a program whose clock a file sets; `undefined` where the library for it is missing. */
export const faketime: ((clock: string) => Record<string, string>) | undefined = findFaketime();

function findFaketime(): typeof faketime {
  if (Deno.build.os !== "linux") return undefined;
  const path = `/usr/lib/${Deno.build.arch}-linux-gnu/faketime/libfaketimeMT.so.1`;
  try {
    Deno.statSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log(`the clock does not step: there is no ${path} (apt-get install faketime)`);
    return undefined;
  }
  return (clock) => ({
    LD_PRELOAD: path,
    FAKETIME_TIMESTAMP_FILE: clock,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  });
}

/** Runs `body` with the places, and removes them. */
export async function withPlaces(body: (places: Places) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "isopool-faults-" });
  const disk = `${folder}/disk`;
  await Deno.mkdir(disk);
  const isMounted = await run("mount", "-t", "tmpfs", "-o", `size=${DISK_SIZE}`, "tmpfs", disk);
  if (!isMounted) console.log("no disk is full: only root may mount a small one");
  try {
    await body(isMounted ? { folder, disk } : { folder });
  } finally {
    if (isMounted) await run("umount", disk);
    await Deno.remove(folder, { recursive: true });
  }
}

async function run(program: string, ...args: string[]): Promise<boolean> {
  const { success } = await new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" }).output();
  return success;
}
