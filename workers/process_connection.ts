/**
 * Connects a worker process to its host, and gives back the permissions that this took. No code of a task is loaded before.
 *
 * @module
 */
import { JSON } from "../lib/core/platform.ts";
import type { Connecting, Grant } from "../lib/protocol/connecting.ts";
import { MemoryFile } from "../lib/protocol/memory_file.ts";

/** What a connected worker has. */
export interface Connected {
  readonly connection: Deno.Conn;
  readonly file: MemoryFile | undefined;
}

/** Length of the secret that the host has written into stdin. */
const SECRET = 32;

/**
 * Connects, proves with the secret that this is the worker, and gives the permissions back.
 *
 * @throws {Error} If one of them stays.
 */
export async function connectToHost({ address, grants, memory }: Connecting): Promise<Connected> {
  const secret = readSecret();
  const connection = await (address.transport === "unix" ? Deno.connect(address) : Deno.connect(address));
  const opened = memory === undefined ? undefined : Deno.openSync(memory, { read: true, write: true });
  grants.forEach(giveBack);
  if ("setNoDelay" in connection) connection.setNoDelay(true);
  for (let written = 0; written < SECRET;) written += await connection.write(secret.subarray(written));
  return { connection, file: opened && new MemoryFile(opened, "worker") };
}

// Reads no byte more than that: the rest of stdin is the watchdog's.
function readSecret(): Uint8Array<ArrayBuffer> {
  const secret = new Uint8Array(SECRET);
  for (let read = 0; read < SECRET;) {
    const count = Deno.stdin.readSync(secret.subarray(read));
    if (count === null) throw new Error("the host has ended");
    read += count;
  }
  return secret;
}

// Revoking a permission revokes the wider ones that contain it, too. Those that the pool has granted must stay.
function giveBack({ permission, wider }: Grant): void {
  if (Deno.permissions.querySync(wider).state === "granted") return;
  const { state } = Deno.permissions.revokeSync(permission);
  if (state === "granted") throw new Error(`the permission for ${JSON.stringify(permission)} cannot be given back`);
}
