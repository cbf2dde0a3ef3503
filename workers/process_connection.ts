/**
 * Connects a worker process to its host, and gives back the permissions that this took. No code of a task is loaded before.
 *
 * @module
 */
import { JSON } from "../lib/core/platform.ts";
import type { Connecting, Grant } from "../lib/protocol/connecting.ts";
import { FrameReader } from "../lib/protocol/frames.ts";
import { MemoryFile } from "../lib/protocol/memory_file.ts";

/** Length of the secret that the host has written into stdin, and of the number behind it. */
const SECRET = 32, LENGTH = 8;

/** What a connected worker has. */
export interface Connected {
  readonly connection: Deno.Conn;
  readonly file: MemoryFile | undefined;
  /** The first message of the host. */
  readonly init: unknown;
}

/**
 * Connects, proves with the secret that this is the worker, and gives the permissions back.
 *
 * @throws {Error} If one of them stays.
 */
export async function connectToHost({ address, grants, memory }: Connecting): Promise<Connected> {
  const secret = readStdin(SECRET);
  const init = readInit();
  const connection = await (address.transport === "unix" ? Deno.connect(address) : Deno.connect(address));
  const opened = memory === undefined ? undefined : Deno.openSync(memory, { read: true, write: true });
  grants.forEach(giveBack);
  if ("setNoDelay" in connection) connection.setNoDelay(true);
  for (let written = 0; written < SECRET;) written += await connection.write(secret.subarray(written));
  return { connection, file: opened && new MemoryFile(opened, "worker"), init };
}

function readInit(): unknown {
  const length = new DataView(readStdin(LENGTH).buffer).getFloat64(0, true);
  let init: unknown;
  new FrameReader((message) => init = message).push(readStdin(length));
  return init;
}

// Reads no byte more than that: the rest of stdin is the watchdog's.
function readStdin(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let read = 0; read < length;) {
    const count = Deno.stdin.readSync(bytes.subarray(read));
    if (count === null) throw new Error("the host has ended");
    read += count;
  }
  return bytes;
}

// Revoking a permission revokes the wider ones that contain it, too. Those that the pool has granted must stay.
function giveBack({ permission, wider }: Grant): void {
  if (Deno.permissions.querySync(wider).state === "granted") return;
  const { state } = Deno.permissions.revokeSync(permission);
  if (state === "granted") throw new Error(`the permission for ${JSON.stringify(permission)} cannot be given back`);
}
