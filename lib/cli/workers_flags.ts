/**
 * The flags that say what a command's workers are: their number, their backend, their limits and permissions.
 *
 * @module
 */
import { ownModule } from "../core/own_modules.ts";
import { type BackendName, cpuCount, type PermissionScope, type PoolOptions, task } from "../../mod.ts";
import type { Arguments, Flag } from "./flags.ts";
import { bad, integer, rate, share, size, time } from "./quantities.ts";
import { UsageError } from "./usage_error.ts";
import { printToStderr } from "./worker_console.ts";

/** The kinds of permissions, and what each lets tasks do. */
const ALLOWS = {
  read: "read files",
  write: "write files",
  net: "use the network",
  env: "read the environment",
  run: "start programs",
  ffi: "load native libraries",
  sys: "ask for facts of the system",
  import: "import modules from other hosts",
} as const;
const KINDS = Object.keys(ALLOWS) as (keyof typeof ALLOWS)[];

/** The flags of what tasks may do. */
export const PERMISSION_FLAGS: readonly Flag[] = [
  ...KINDS.map((kind): Flag => ({
    name: `allow-${kind}`,
    value: "LIST",
    optional: true,
    help: `lets tasks ${ALLOWS[kind]}; what is not allowed is denied then`,
  })),
  ...KINDS.map((kind): Flag => ({ name: `deny-${kind}`, help: `takes the permission ${kind} from tasks` })),
];

/** The flags. */
export const WORKER_FLAGS: readonly Flag[] = [
  { name: "jobs", short: "j", value: "N|N%", help: "number of workers, or a share of the cores (default: all cores)" },
  {
    name: "backend",
    value: "NAME",
    choices: ["worker", "process", "async"],
    help: "threads (worker, the default), processes, or this thread alone (async)",
  },
  { name: "timeout", value: "TIME|N%", help: "stops an item that runs longer: 5s, 2m, 300% of the median run" },
  { name: "retries", value: "N", help: "tries a failed item N times more" },
  { name: "rate", value: "N/TIME", help: "starts N items a time at most: 10/s, 100/m" },
  { name: "memory-limit", value: "SIZE", help: "ends a worker that takes more memory: 512M" },
  ...PERMISSION_FLAGS,
];

/** Options of the pool that runs the tasks. What tasks print goes to standard error. */
export function poolOptions(args: Arguments): PoolOptions {
  const jobs = args.text("jobs");
  const retries = args.text("retries");
  const timeout = args.text("timeout");
  const starts = args.text("rate");
  const memory = args.text("memory-limit");
  return {
    name: "isopool",
    backend: args.text("backend") as BackendName | undefined,
    workers: jobs === undefined ? undefined : workerCount(jobs),
    timeout: timeout === undefined ? undefined : timeLimit(timeout),
    retry: retries === undefined ? undefined : integer("retries", retries, 0),
    rate: starts === undefined ? undefined : rate("rate", starts),
    memoryLimit: memory === undefined ? undefined : size("memory-limit", memory),
    permissions: permissions(args),
    // Imported here too, so that the module is part of what an installation keeps.
    initializer: task({ url: ownModule("lib/cli/worker_console") }, printToStderr),
  };
}

function timeLimit(text: string): PoolOptions["timeout"] {
  if (!text.endsWith("%")) return time("timeout", text);
  const factor = share("timeout", text, 1);
  if (factor <= 1) throw bad("timeout", text, "a time, or a percentage of the median run above 100: 300%");
  return `${factor}x median`;
}

function workerCount(text: string): number {
  const count = share("jobs", text, cpuCount());
  if (text.endsWith("%")) return Math.max(1, Math.floor(count));
  if (!Number.isInteger(count) || count < 1) throw bad("jobs", text, "a whole number of at least 1, or a percentage");
  return count;
}

/** Reads {@linkcode PERMISSION_FLAGS}. */
export function permissions(args: Arguments): PermissionScope | undefined {
  const allowed = KINDS.filter((kind) => args.has(`allow-${kind}`));
  const denied = KINDS.filter((kind) => args.has(`deny-${kind}`));
  if (allowed.length + denied.length === 0) return undefined;
  const both = allowed.find((kind) => denied.includes(kind));
  if (both) throw new UsageError(`--allow-${both} and --deny-${both} contradict each other: leave one out`);
  const other = allowed.length > 0 ? false : "inherit";
  return Object.fromEntries(KINDS.map((kind) => [kind, granted(kind)]));

  function granted(kind: typeof KINDS[number]): boolean | "inherit" | string[] {
    if (denied.includes(kind)) return false;
    if (!allowed.includes(kind)) return other;
    const list = args.list(`allow-${kind}`).flatMap((text) => text === "" ? [] : text.split(","));
    return list.length > 0 ? list : "inherit";
  }
}
