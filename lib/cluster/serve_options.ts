/**
 * The options of worker hosts.
 *
 * @module
 */
import type { PermissionScope } from "../pool/permissions.ts";
import type { HostBackend } from "./host_workers.ts";
import type { ClusterAddress } from "./options.ts";

/** Options of `serveWorker()`. */
export interface ServeOptions extends ClusterAddress {
  /** Number of calls that run at a time. @default {the number of usable cores} */
  concurrency?: number;
  /**
   * What tasks run on: `"worker"`, threads of this process, or `"process"`, `deno run` children.
   *
   * @default {"worker"}
   */
  backend?: HostBackend;
  /**
   * What this host runs: first parts of the URLs of task modules, for example `"https://example.com/tasks/"`; `"sent:"` for
   * local modules that pools have sent, or `"sent:<SHA-256>"` for one version of them; `"inline:"` for inlined functions.
   * `"https://example.com"` means all modules of that host.
   *
   * By default it runs any module that its URL names, for which the permissions of the host decide (`--allow-import`,
   * `--allow-read`). Code that comes through Redis, which is `"sent:"` and `"inline:"`, runs by default only if the host may
   * import from everywhere (`-A`, or `--allow-import` without a list): whoever may write to Redis can send it.
   */
  modules?: readonly string[];
  /**
   * What tasks may do here at most. A pool with `permissions` of its own gets what both give. Threads need
   * `--unstable-worker-options` for it; processes do not.
   *
   * @default {"inherit": what the host may do}
   */
  permissions?: "inherit" | "none" | PermissionScope;
}
