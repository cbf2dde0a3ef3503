/** Tasks of the tests of containers. */

/** Prints to both streams, and returns its number. */
export function printBoth(id: number): number {
  console.log(`out ${id}`);
  console.error(`err ${id}`);
  return id;
}

/** Spins for ever. */
export function spin(): never {
  for (;;);
}

/** Yields once, and spins for ever. */
export function* spinAfterItem(): Generator<number> {
  yield 1;
  for (;;);
}

/** What a task can reach from its container. */
export interface Reach {
  /** Why it cannot connect to a port of the loopback device, and write into a folder of the script's: codes of errors. */
  connect: string | undefined;
  write: string | undefined;
  /** The ids of the processes that it sees. */
  processes: number[];
}

/** Tries to leave the container. */
export async function reach(port: number, folder: string): Promise<Reach> {
  const code = (error: { code?: string }) => error.code;
  const connect = await Deno.connect({ hostname: "127.0.0.1", port }).then(() => "none", code);
  const write = await Deno.writeTextFile(`${folder}/written`, "").then(() => "none", code);
  const processes = [...Deno.readDirSync("/proc")].map((entry) => Number(entry.name)).filter((id) => id > 0);
  return { connect, write, processes };
}
