/**
 * Which attempts succeed, on which kind of worker. SECURITY.md says the same in words. What is not listed is denied on
 * scoped workers and processes, and succeeds on threads: so each attempt is known to work where nothing stops it.
 *
 * @module
 */

/** A symbolic link that lies in a folder which a scope grants is followed. A task cannot make one. */
const LINKS = [
  "reading: Deno.realPathSync",
  "reading: a symbolic link in a folder that may be read",
  "reading: a symbolic link, by node:fs",
  "reading: a folder that is a symbolic link",
];

/** What scoped workers do not cover: they are threads of the host. */
const SAME_PROCESS = [
  "writing: caches",
  "writing: caches in a worker of the task",
  "processes: Deno.kill of the host",
  "processes: process.kill of the host",
  "processes: process.kill(host, 0)",
  "modules: npm: asks the registry",
  "host: what is typed on the host's stdin",
  "host: a listener on the host's messages",
  "host: a lock that the host holds",
  "host: descriptors beyond the worker's own",
  "host: the memory of the host's process",
  "host: the arguments of the host",
];

/** What succeeds under a scope. */
export const SUCCEEDS: Record<"process" | "scoped", Record<"none" | "narrow", readonly string[]>> = {
  process: { none: [], narrow: LINKS },
  scoped: { none: SAME_PROCESS, narrow: [...LINKS, ...SAME_PROCESS] },
};

/** What does not succeed on threads either: the runtime does not have it, or has closed it. */
export const NOWHERE: readonly string[] = [
  "writing: localStorage",
  "runtime: process.binding of fs",
  "runtime: process.binding of spawn_sync",
  "runtime: the runtime's internals",
  "runtime: a resource of the runtime's by its number",
  "runtime: a path object whose text changes",
];

/** What depends on the machine, except on processes. */
export const DEPENDS: readonly string[] = ["native: navigator.gpu"];
