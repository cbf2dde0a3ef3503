/**
 * The limits of this process on file descriptors and threads. At a limit the runtime does not refuse to start a worker: it
 * panics, and the whole process ends. So the library compares limit and use, and refuses first.
 *
 * It reads them from `/proc`, where that exists and may be read without a prompt: on Linux, with permission to read, which
 * `/proc` grants to scripts that have every permission only. Elsewhere nothing is checked.
 *
 * @module
 */
import { performance } from "../core/platform.ts";
import { refusal } from "../core/validate.ts";
import type { Launch } from "./transport.ts";

/** What a worker takes, and how much of it the process has. */
interface Resource {
  readonly name: string;
  /** How many of it a started worker holds (measured, Deno 2.9.6, threads and scoped workers alike). */
  readonly perWorker: number;
  /** How many stay free for the script and for what tasks do. */
  readonly spare: number;
  /** How to raise the limit. */
  readonly raise: string;
  limit(): number;
  used(): number;
}

const RESOURCES: Resource[] = [
  {
    name: "file descriptors",
    perWorker: 6,
    spare: 16,
    raise: "ulimit -n",
    limit: () => softLimit("Max open files"),
    used: () => entries("/proc/self/fd"),
  },
  {
    // One for the worker itself; those that asynchronous file operations use come and go.
    name: "threads",
    perWorker: 1,
    spare: 16,
    raise: "ulimit -u",
    // The kernel does not hold root to it.
    limit: () => Deno.uid() === 0 ? Infinity : softLimit("Max processes"),
    used: () => entries("/proc/self/task"),
  },
];

/** Milliseconds for which a count of what is in use holds. */
const COUNT_VALID = 1_000;

let canRead: boolean | undefined;
// Workers that were started and have not opened all of their descriptors yet.
let starting = 0;
// How many more workers may start without another count, and until when that holds.
let budget = 0;
let countedAt = -Infinity;

/**
 * Checks that `workers` more workers fit. Returns how many fit; `Infinity` if that is not known.
 *
 * @param others How many others have not taken their part yet.
 * @throws {RangeError} If they do not fit.
 */
export function checkLimits(action: string, workers: number, others = 0): number {
  let least = Infinity;
  for (const { resource: { name, perWorker, spare, raise }, limit, used, fits } of room()) {
    const max = Math.max(0, fits - others);
    least = Math.min(least, max);
    if (workers <= max) continue;
    const taken = used + others * perWorker;
    throw refusal(
      `Cannot ${action}: ${workers} more ${workers === 1 ? "worker needs" : "workers need"} ${workers * perWorker} ` +
        `${name}. This process may have ${limit}, uses ${taken}, and needs ${spare} for itself, which leaves room for ` +
        `${max} workers: lower \`workers\`, or raise the limit (${raise})`,
      RangeError,
    );
  }
  return least;
}

/** Makes a `launch` throw a `RangeError`, as if the runtime had refused, for a worker that does not fit any more. */
export function withinLimits(launch: Launch): Launch {
  return (workerId, events) => {
    const release = reserve();
    const started = (then: () => void) => {
      release();
      then();
    };
    try {
      return launch(workerId, {
        ...events,
        ready: () => started(events.ready),
        exit: (death) => started(() => events.exit(death)),
      });
    } catch (error) {
      release();
      throw error;
    }
  };
}

// Counts a worker that is about to start. Returns a function to call when it has started, or ended.
function reserve(): () => void {
  if (budget <= 0 || performance.now() - countedAt > COUNT_VALID) {
    // Half of what fits: the script opens files, too.
    budget = Math.floor(checkLimits("start worker", 1, starting) / 2);
    countedAt = performance.now();
  }
  budget--;
  starting++;
  let isCounted = true;
  return () => {
    if (isCounted) starting--;
    isCounted = false;
  };
}

function* room(): Generator<{ resource: Resource; limit: number; used: number; fits: number }> {
  if (!mayRead()) return;
  for (const resource of RESOURCES) {
    let limit: number;
    let used: number;
    try {
      limit = resource.limit();
      used = resource.used();
    } catch {
      // No such file, or no permission: nothing is known about the limit.
      canRead = false;
      return;
    }
    const fits = Math.max(0, Math.floor((limit - used - resource.spare) / resource.perWorker));
    yield { resource, limit, used, fits };
  }
}

// Reading must never show a prompt: `querySync` does not.
function mayRead(): boolean {
  return canRead ??= Deno.build.os === "linux" &&
    Deno.permissions.querySync({ name: "read", path: "/proc/self" }).state === "granted";
}

function softLimit(name: string): number {
  const line = Deno.readTextFileSync("/proc/self/limits").split("\n").find((line) => line.startsWith(name));
  const soft = line?.slice(name.length).trim().split(/\s+/)[0];
  return soft === undefined || soft === "unlimited" ? Infinity : Number(soft);
}

function entries(folder: string): number {
  let count = 0;
  for (const _ of Deno.readDirSync(folder)) count++;
  return count;
}
