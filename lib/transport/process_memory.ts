/**
 * Makes the file in memory of a worker process (protocol/memory_file.ts). It has a name until the worker has opened it.
 *
 * A worker with a scope gets none: its tasks could reach the open file, and fill the memory of the machine.
 *
 * @module
 */
import { crypto } from "../core/platform.ts";
import type { Grant } from "../protocol/connecting.ts";
import { MemoryFile } from "../protocol/memory_file.ts";
import { removeLeftOver } from "./left_over.ts";

/** A file that waits for its worker. */
export interface WorkerMemory {
  readonly path: string;
  /** This side of it. */
  readonly file: MemoryFile;
  /** What the worker is granted until it has opened the file. */
  readonly grants: readonly Grant[];
  /** Removes its name, and files that killed scripts have left. */
  remove(): void;
}

/** Where Linux keeps files in memory. */
const PLACE = "/dev/shm";
const PREFIX = "isopool-memory-";

/** Makes a file; `undefined` where there are none, where this script may not, and if the memory of the machine is full. */
export function makeWorkerMemory(): WorkerMemory | undefined {
  // Of other processors it is not known whether two system calls of a process are seen in their order.
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") return undefined;
  if (!["read", "write"].every((name) => isGranted({ name: name as "read", path: PLACE }))) return undefined;
  const path = `${PLACE}/${PREFIX}${crypto.randomUUID()}`;
  let opened: Deno.FsFile | undefined;
  try {
    opened = Deno.openSync(path, { read: true, write: true, createNew: true, mode: 0o600 });
    const file = new MemoryFile(opened, "host");
    file.allocate();
    const { uid } = opened.statSync();
    const remove = () => {
      removeFile(path);
      removeLeftOver(PLACE, PREFIX, false, uid, removeFile);
    };
    return { path, file, grants: [grantOf("read", path), grantOf("write", path)], remove };
  } catch {
    // There is no such folder, no descriptor is left, or no memory.
    opened?.close();
    if (opened) removeFile(path);
    return undefined;
  }
}

const grantOf = (name: "read" | "write", path: string): Grant => ({
  permission: { name, path } as Grant["permission"],
  wider: { name, path: PLACE } as Grant["permission"],
});

const isGranted = (permission: Deno.PermissionDescriptor): boolean =>
  Deno.permissions.querySync(permission).state === "granted";

function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Another script was faster, or this one has given the permission away. A later script finds it.
  }
}
