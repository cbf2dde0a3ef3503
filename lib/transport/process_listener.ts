/**
 * Where a worker process connects to this script: a unix socket in a folder that only this user may enter, or else a port
 * of the loopback device. Each worker has one of its own, which is removed when its first message has come.
 *
 * The runtime asks for permissions when the worker connects. The worker is started with grants for exactly this socket, and
 * gives them back before any code of a task is loaded (workers/process_connection.ts). Other processes
 * may try to connect, so the worker proves by a secret, which it gets through stdin, that it is the worker.
 *
 * @module
 */
import { crypto } from "../core/platform.ts";
import { isGranted } from "../core/runtime.ts";
import type { Address, Grant } from "../protocol/connecting.ts";
import { removeLeftOver } from "./left_over.ts";

/** Returns a permission as a flag of the runtime names it. */
export function valueOf(permission: Grant["permission"]): string {
  return String(permission.name === "net" ? permission.host : permission.path);
}

/** A socket that waits for one worker. */
export interface Listener {
  readonly address: Address;
  readonly grants: readonly Grant[];
  readonly socket: Deno.Listener;
  /** Closes the socket, and removes its path. */
  close(): void;
  /** Removes the folders of scripts that were killed before their workers had connected. */
  sweep?(): void;
}

/** Starts to listen for one worker; `undefined` if this script may not. Shows no prompt. */
export function listenForWorker(): Listener | undefined {
  return listenOnPath() ?? listenOnPort();
}

/** How the name of a socket's folder begins, and the name of the socket in it. */
const FOLDER = "isopool-socket-";
const SOCKET = "s";

function listenOnPath(): Listener | undefined {
  if (Deno.build.os === "windows") return undefined;
  try {
    const parent = temporaryFolder();
    if (!isGranted({ name: "read", path: parent }, { name: "write", path: parent })) return undefined;
    const place = Deno.realPathSync(parent);
    const folder = `${place}/${FOLDER}${crypto.randomUUID().slice(0, 13)}`;
    const path = `${folder}/${SOCKET}`;
    const grants: Grant[] = [
      { permission: { name: "read", path: folder }, wider: { name: "read", path: place } },
      { permission: { name: "write", path: folder }, wider: { name: "write", path: place } },
      { permission: { name: "net", host: `unix:${path}` }, wider: { name: "net" } },
    ];
    // The runtime's flags cannot express a comma.
    if (path.includes(",") || !isGranted(...grants.flatMap(({ permission, wider }) => [permission, wider]))) {
      return undefined;
    }
    Deno.mkdirSync(folder, { mode: 0o700 });
    const remove = () => removeSocket(folder);
    try {
      const socket = Deno.listen({ transport: "unix", path });
      const { uid } = Deno.lstatSync(folder);
      // The runtime has no socket that vanishes with its process and that a flag of the worker could name (an abstract one
      // has a NUL in its name).
      const sweep = () => removeLeftOver(place, FOLDER, true, uid, removeSocket);
      return { ...opened(socket, { transport: "unix", path }, grants, remove), sweep };
    } catch (error) {
      remove();
      throw error;
    }
  } catch {
    return undefined; // There is no such folder, or its path is too long for a socket.
  }
}

// One after another: a removal with what is inside needs a descriptor, and there may be none left.
function removeSocket(folder: string): void {
  for (const path of [`${folder}/${SOCKET}`, folder]) {
    try {
      Deno.removeSync(path);
    } catch {
      // It was never there, or the script has given the permission away. A later script finds it (removeLeftOver).
    }
  }
}

const LOOPBACK = "127.0.0.1";

function listenOnPort(): Listener | undefined {
  const wider: Deno.NetPermissionDescriptor = { name: "net", host: LOOPBACK };
  if (!isGranted(wider)) return undefined;
  try {
    const socket = Deno.listen({ hostname: LOOPBACK, port: 0 });
    const { port } = socket.addr;
    const permission: Deno.NetPermissionDescriptor = { name: "net", host: `${LOOPBACK}:${port}` };
    return opened(socket, { transport: "tcp", hostname: LOOPBACK, port }, [{ permission, wider }]);
  } catch {
    return undefined; // There is no such device, or no descriptor left: then the start of the process fails, too.
  }
}

function opened(socket: Deno.Listener, address: Address, grants: readonly Grant[], remove = () => {}): Listener {
  socket.unref();
  let isOpen = true;
  const close = () => {
    if (!isOpen) return;
    isOpen = false;
    socket.close();
    remove();
  };
  return { address, grants, socket, close };
}

function temporaryFolder(): string {
  return isGranted({ name: "env", variable: "TMPDIR" }) && Deno.env.get("TMPDIR") || "/tmp";
}
