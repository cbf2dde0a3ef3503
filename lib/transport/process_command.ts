/**
 * The command line and the environment of a worker process.
 *
 * ```
 * deno run --quiet --no-prompt <permissions> <limits> <modules> data:text/javascript,import { boot } ...
 * ```
 *
 * A process gets the permissions that its pool states and no others, at most those of this script. It inherits no
 * environment; the runtime of the process finds its cache through DENO_DIR, which the worker removes before a task runs.
 *
 * @module
 */
import { builtin } from "../core/builtin.ts";
import { activeTraceparent } from "../core/opentelemetry.ts";
import { denoPath } from "../core/runtime.ts";
import { processEntry } from "./entry.ts";
import { shellArguments, withoutInherited } from "./launch_prefix.ts";
import { mayRead, notIn, permissionFlags } from "./permission_flags.ts";
import { cachedStart, SHELL, storageless } from "./process_cache.ts";
import { kernelPrefix } from "./process_kernel.ts";
import { ProcessConnection } from "./process_connection.ts";
import type { Connecting } from "../protocol/connecting.ts";
import { mayWatch, RUN, watch } from "./process_watch.ts";
import { scriptConfig } from "./script_config.ts";
import type { Setup } from "./transport.ts";

/** What a worker process is started with. */
export interface ProcessCommand {
  readonly program: string;
  readonly args: string[];
  readonly env: Record<string, string>;
  readonly cwd: string | undefined;
  /** Whether the channel is stdin and stdout of the program, because another program is in between. */
  readonly isLaunched: boolean;
  /** Whether the process is ended with this script from outside (process_watch.ts). */
  readonly isWatched: boolean;
  /** What the worker connects to, if this script may listen. */
  readonly connection?: ProcessConnection;
  /** To be called when the worker is ready. */
  readonly started?: () => void;
}

/** Makes the command that starts a worker. */
export function processCommand(setup: Setup): ProcessCommand {
  const { command, cwd } = setup;
  const isLaunched = command !== undefined;
  const modules = setup.permissions ? setup.modules() : [];
  const cache = setup.permissions?.import === false && !isLaunched ? cachedStart(modules, moduleFlags()) : undefined;
  const isWatched = !isLaunched && mayWatch();
  const connection = isLaunched ? undefined : ProcessConnection.listen(setup.permissions === undefined);
  const grants = connection?.grants ?? [];
  const place = {
    isLaunched,
    isWatched,
    mayRead: mayRead(setup),
    connection: connection && connecting(connection, setup),
  };
  const args = [
    "run",
    "--quiet",
    "--no-prompt",
    ...permissionFlags(setup.permissions, modules, grants),
    ...heapFlags(setup),
    ...cache?.flags ?? moduleFlags(),
    processEntry(modules, place).href,
  ];
  const own = environment(setup);
  const kernel = kernelPrefix(setup.memoryLimit);
  const run = [denoPath(), ...args];
  const ways = { cwd, isLaunched, isWatched, connection, started: cache?.started };
  const watching = isWatched ? watch(connection ? [4, 5] : [3, 4, 5]) : "";
  if (!isLaunched && !cache?.fetch) {
    const [program, ...rest] = [...kernel, ...isWatched ? [SHELL, "-c", `${watching}\nexec ${RUN}`] : [], ...run];
    return { program, args: rest, env: own, ...ways };
  }
  const inherited = scriptEnvironment();
  const without = withoutInherited(Object.keys(inherited), Object.keys(command ? setup.env ?? {} : own));
  const shell = command
    ? [...command, "sh", ...shellArguments(denoPath(), args, without)]
    : [SHELL, "-c", `${watching}\n${cache!.fetch}; exec /usr/bin/env ${without} ${RUN}`, ...run];
  const [program, ...rest] = [...kernel, ...shell];
  return { program, args: rest, env: { ...inherited, ...own }, ...ways };
}

function connecting({ address, grants, memory }: ProcessConnection, { permissions }: Setup): Connecting {
  return { address, grants: notIn(permissions, grants), memory };
}

/** Returns the flags that limit the heap. */
export function heapFlags({ memoryLimit }: Setup): string[] {
  return memoryLimit === undefined ? [] : [`--v8-flags=--max-old-space-size=${Math.ceil(memoryLimit / 2 ** 20)}`];
}

/** Variables that programs which start others need, for a script that may not read all. */
const USUAL_VARIABLES = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SSH_AUTH_SOCK",
  "DOCKER_HOST",
  "TMPDIR",
  "XDG_RUNTIME_DIR",
];

/** Returns the environment of this script, as far as it may read it: that of the program that starts a worker. */
export function scriptEnvironment(): Record<string, string> {
  if (Deno.permissions.querySync({ name: "env" }).state === "granted") return Deno.env.toObject();
  const found = USUAL_VARIABLES.map((name) => [name, read(name)] as const);
  return Object.fromEntries(found.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}

/** Flags of this script that decide how a specifier is resolved; they take a value after `=` or as the next argument. */
const WITH_VALUE = ["--import-map", "--config", "--lock", "--cert", "--node-modules-dir"];
const WITHOUT_VALUE = ["--no-config", "--no-lock", "--cached-only", "--no-remote", "--no-npm"];
const PATHS = ["--import-map", "--config", "--lock", "--cert"];

let found: string[] | undefined;

/**
 * Flags that make a worker resolve modules as this script does: those of its command line where that can be read (Linux,
 * with every permission), and its deno.json.
 */
export function moduleFlags(): string[] {
  return found ??= withConfig(fromCommandLine());
}

function withConfig(flags: string[]): string[] {
  if (flags.some((flag) => flag === "--no-config" || flag.startsWith("--config="))) return flags;
  const config = scriptConfig();
  return config === undefined ? flags : [...flags, `--config=${config}`];
}

function fromCommandLine(): string[] {
  const path = "/proc/self/cmdline";
  if (Deno.build.os !== "linux" || Deno.permissions.querySync({ name: "read", path }).state !== "granted") return [];
  try {
    const given = Deno.readTextFileSync(path).split("\0").slice(1);
    const flags: string[] = [];
    const isFlag = (each: string | undefined) => each?.startsWith("-") === true;
    // The first argument that is neither a flag nor a subcommand is the script.
    for (let at = isFlag(given[0]) ? 0 : 1; isFlag(given[at]); at++) {
      const [name, value] = given[at].split(/=(.*)/s);
      if (WITHOUT_VALUE.includes(name)) flags.push(name);
      else if (WITH_VALUE.includes(name)) {
        const text = value ?? given[++at];
        flags.push(`${name}=${PATHS.includes(name) ? absolute(text) : text}`);
      }
    }
    return flags;
  } catch {
    // No permission after all, or no such file.
    return [];
  }
}

function absolute(path: string): string {
  if (/^\w+:\/\//.test(path)) return path;
  // Node's function takes milliseconds to load.
  if (Deno.build.os !== "windows") return path.startsWith("/") ? path : `${Deno.cwd()}/${path}`;
  return builtin("node:path").resolve(path);
}

/** Variables by which the runtime of a worker finds its modules. The worker removes them before a task runs. */
const RUNTIME_VARIABLES = ["DENO_DIR", "JSR_URL", "NPM_CONFIG_REGISTRY", "DENO_TLS_CA_STORE", "NO_COLOR"];

function environment({ env, permissions, command }: Setup): Record<string, string> {
  const own: Record<string, string> = {};
  for (const name of RUNTIME_VARIABLES) {
    const value = read(name);
    if (value !== undefined) own[name] = value;
  }
  const cache = cacheFolder();
  if (cache !== undefined) own.DENO_DIR = permissions && !command ? storageless(cache) : cache;
  // The runtime has no permission for the graphics card; a task that may change the environment can undo this.
  if (permissions) own.DENO_WEBGPU_BACKEND = "none";
  // What the process does outside of calls, and the processes that it starts, belong to the trace that started it.
  const traceparent = activeTraceparent();
  if (traceparent !== undefined) own.TRACEPARENT = traceparent;
  return { ...own, ...env };
}

function cacheFolder(): string | undefined {
  const folder = read("DENO_DIR");
  if (folder !== undefined) return absolute(folder);
  const xdg = read("XDG_CACHE_HOME");
  if (xdg !== undefined && Deno.build.os !== "windows") return `${xdg}/deno`;
  if (Deno.build.os === "windows") {
    const local = read("LOCALAPPDATA");
    return local === undefined ? undefined : `${local}\\deno`;
  }
  const home = read("HOME");
  if (home === undefined) return undefined;
  return Deno.build.os === "darwin" ? `${home}/Library/Caches/deno` : `${home}/.cache/deno`;
}

// Never prompts: a variable that this script may not read counts as absent.
function read(variable: string): string | undefined {
  if (Deno.permissions.querySync({ name: "env", variable }).state !== "granted") return undefined;
  return Deno.env.get(variable);
}
