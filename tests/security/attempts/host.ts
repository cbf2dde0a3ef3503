/** Attempts on what belongs to the host, to the library, and to other tasks of the same script. */
import fs from "node:fs";
import { type Attempt, MARK } from "./target.ts";

const decoder = new TextDecoder();

/** The host's streams, its process, its channel, the library's files. */
export const host: Record<string, Attempt> = {
  "what is typed on the host's stdin": async () => {
    const bytes = new Uint8Array(64);
    const count = await Deno.stdin.read(bytes);
    return decoder.decode(bytes.subarray(0, count ?? 0)).includes("typed") || undefined;
  },
  "a listener on the host's messages": () =>
    new Promise((resolve) => {
      const channel = new BroadcastChannel("isopool-test");
      channel.onmessage = ({ data }) => (channel.close(), resolve(data));
      channel.postMessage("ask");
    }),
  "a lock that the host holds": () =>
    new Promise((resolve) => {
      const { locks } = navigator as unknown as { locks: Locks };
      void locks.request("isopool-test", { ifAvailable: true }, (lock) => resolve(lock ? undefined : true));
    }),
  "the host's working directory, for all its threads": () => {
    const before = Deno.cwd();
    Deno.chdir("..");
    Deno.chdir(before);
    return true;
  },
  "temporary files of the library": () => {
    const folder = Deno.env.get("TMPDIR") ?? "/tmp";
    return [...Deno.readDirSync(folder)].length;
  },
  // A worker has its streams, its channel, and a descriptor for the answers of queues; what else is open is the host's.
  "descriptors beyond the worker's own": ({ host: pid }) => {
    // Threads of the host have all of its descriptors by number.
    const isThread = Deno.pid === pid;
    const found = Array.from({ length: 64 }, (_, fd) => fd).filter((fd) => fd > 5 && isOpen(fd));
    return isThread || found.length > 0 || undefined;
  },
  "the memory of the host's process": ({ host: pid }) => Deno.pid === pid || undefined,
  "the arguments of the host": () => Deno.args.includes(MARK) || undefined,
};

interface Locks {
  request(name: string, options: { ifAvailable: true }, run: (lock: unknown) => void): Promise<void>;
}

function isOpen(fd: number): boolean {
  try {
    fs.fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}
