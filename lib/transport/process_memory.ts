/**
 * Makes the file in memory of a worker process (protocol/memory_file.ts). Its name is removed when the first message
 * of the worker has come: the worker has opened it by then. So the file ends with the processes that have it open.
 *
 * A worker with a scope gets no file: its tasks could write into the open file, and so fill the memory of the machine.
 *
 * @module
 */
import { crypto } from "../core/platform.ts";
import { isGranted } from "../core/runtime.ts";
import type { Grant } from "../protocol/connecting.ts";
import { MemoryFile } from "../protocol/memory_file.ts";
import { removeLeftOver } from "./left_over.ts";

/** A file that a worker is to open. */
export interface WorkerMemory {
  readonly path: string;
  /** The host's side of the file. */
  readonly file: MemoryFile;
  /** The permissions that the worker has until it has opened the file. */
  readonly grants: readonly Grant[];
  /** Removes the name of the file, and files of scripts that were killed. */
  remove(): void;
}

/** The folder in which Linux keeps files in memory. */
const PLACE = "/dev/shm";
const PREFIX = "isopool-memory-";

/**
 * Makes a file. Returns `undefined` on a system or processor without such files, if this script has no permission for it, or
 * if the machine has no memory left.
 */
export function makeWorkerMemory(): WorkerMemory | undefined {
  // For other processors it is not known whether a process sees two writes of another one in their order.
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") return undefined;
  if (!isGranted({ name: "read", path: PLACE }, { name: "write", path: PLACE })) return undefined;
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
    // There is no such folder, or no descriptor or no memory is left.
    opened?.close();
    if (opened) removeFile(path);
    return undefined;
  }
}

const grantOf = (name: "read" | "write", path: string): Grant => ({
  permission: { name, path } as Grant["permission"],
  wider: { name, path: PLACE } as Grant["permission"],
});

function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Another script has removed it, or this script has no permission for it any more: then a later script removes it.
  }
}
