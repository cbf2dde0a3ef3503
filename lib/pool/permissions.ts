/**
 * The permissions of a pool's tasks: checks the option `permissions`, resolves its relative paths, and compares it with the
 * permissions of this script.
 *
 * @module
 */
import { builtin } from "../core/builtin.ts";
import { PermissionScopeError } from "../core/errors.ts";
import { JSON, URL as RuntimeURL } from "../core/platform.ts";
import { isGranted } from "../core/runtime.ts";
import { badOption, isA, isArray, isOptions, knownOptions } from "../core/validate.ts";

/** A scope in full; see {@linkcode PermissionScope}. */
export type Scope = Deno.PermissionOptionsObject;

/**
 * Permissions of a task. A kind that is left out is denied; `true` grants all of it, `"inherit"` as much as this script has,
 * a list what the list names. Relative paths are resolved against the current directory, once, when the pool is created.
 *
 * **Cost**: the first scoped pool takes 20 to 45 ms to check the runtime's flags. **When not to use it**: threads with fewer
 * permissions are no security boundary; hostile code belongs on backend `process` (SECURITY.md).
 *
 * @example Let tasks read one folder, and nothing else
 * ```ts
 * import type { PermissionScope } from "@isopool/isopool";
 *
 * const scope: PermissionScope = { read: ["./data"], net: false };
 * // With --unstable-worker-options: new Pool({ permissions: scope })
 * void scope;
 * ```
 */
export interface PermissionScope {
  /** Files and folders that may be read: paths, `file:` URLs. */
  read?: boolean | "inherit" | readonly (string | URL)[];
  /** Files and folders that may be written: paths, `file:` URLs. */
  write?: boolean | "inherit" | readonly (string | URL)[];
  /** Hosts that may be connected to: `host`, `host:port`, `[::1]:port`. */
  net?: boolean | "inherit" | readonly string[];
  /** Names of environment variables. */
  env?: boolean | "inherit" | readonly string[];
  /** Programs that may be run: names, paths, `file:` URLs. */
  run?: boolean | "inherit" | readonly (string | URL)[];
  /** Native libraries that may be loaded: paths, `file:` URLs. */
  ffi?: boolean | "inherit" | readonly (string | URL)[];
  /** Kinds of information on the system, for example `"hostname"`. */
  sys?: boolean | "inherit" | readonly string[];
  /** Hosts that modules may be imported from. Deno does not honour `false` for all of them: see SECURITY.md. */
  import?: boolean | "inherit" | readonly string[];
}

type Kind = keyof PermissionScope;
const KINDS: readonly Kind[] = ["read", "write", "net", "env", "run", "ffi", "sys", "import"];
const PATHS: readonly Kind[] = ["read", "write", "ffi"];

/**
 * Checks the option `permissions`. Returns `undefined` if workers have the permissions of this script.
 *
 * @throws {TypeError} If it is not valid.
 * @throws {PermissionScopeError} If it is wider than the permissions of this script.
 */
export function checkPermissions(action: string, given: unknown): Scope | undefined {
  if (given === undefined || given === "inherit") return undefined;
  if (given !== "none" && !isOptions(given)) {
    throw badOption(action, "permissions", given, `"inherit" | "none" | { ${KINDS.join(", ")} }`, false);
  }
  const scope: Record<string, unknown> = given === "none" ? {} : { ...given };
  knownOptions(`${action}: permissions`, scope, KINDS);
  // Every kind is named, so that a kind left out does not depend on a default of the runtime.
  return Object.fromEntries(KINDS.map((kind) => [kind, checkKind(action, kind, scope[kind] ?? false)]));
}

function checkKind(action: string, kind: Kind, grant: unknown): boolean | "inherit" | string[] {
  if (grant === "inherit" || grant === false) return grant;
  if (grant === true) {
    if (!isGranted({ name: kind })) throw wider(action, kind, "is true", `--allow-${kind}`);
    return true;
  }
  if (!isArray(grant)) {
    throw badOption(action, `permissions.${kind}`, grant, `true | false | "inherit" | a list`, false);
  }
  const list = grant.map((entry) => checkEntry(action, kind, entry));
  // An empty list grants nothing.
  return list.length > 0 && list;
}

function checkEntry(action: string, kind: Kind, entry: unknown): string {
  const takes = kind === "net" || kind === "import"
    ? `"host" or "host:port"`
    : PATHS.includes(kind) || kind === "run"
    ? "paths and file: URLs"
    : "names";
  const wrong = () => badOption(action, `permissions.${kind}`, entry, `a list of ${takes}`, false);
  const value = isA(entry, RuntimeURL) || typeof entry === "string" ? plain(kind, entry) : undefined;
  if (value === undefined || value === "") throw wrong();
  if ((kind === "net" || kind === "import") && !isHost(value)) throw wrong();
  let granted: boolean;
  try {
    granted = isGranted(descriptor(kind, value));
  } catch {
    // The runtime throws for a name that it does not know, unless all of that kind is granted.
    throw wrong();
  }
  if (!granted) throw wider(action, kind, `names ${JSON.stringify(value)}`, `--allow-${kind}=${value}`);
  return value;
}

function plain(kind: Kind, entry: string | URL): string | undefined {
  const isPath = PATHS.includes(kind);
  if (!isPath && kind !== "run") return typeof entry === "string" ? entry : undefined;
  if (entry === "") return "";
  if (isA(entry, RuntimeURL) || entry.startsWith("file:")) {
    const url = RuntimeURL.parse(entry);
    return url?.protocol === "file:" ? builtin("node:url").fileURLToPath(url) : undefined;
  }
  // The runtime searches PATH for a program without a slash.
  return isPath || /[/\\]/.test(entry) ? builtin("node:path").resolve(entry) : entry;
}

// Host patterns (`*.example.com`, `10.0.0.0/8`) are not allowed: the runtime cannot compare them with its permissions.
function isHost(value: string): boolean {
  const [, port] = /^(?:[\w.-]+|\[[\da-f:.]+\])(?::(\d+))?$/i.exec(value) ?? [, "none"];
  return port === undefined || Number(port) <= 65_535;
}

function descriptor(kind: Kind, value: string): Deno.PermissionDescriptor {
  switch (kind) {
    case "net":
      return { name: kind, host: value };
    case "env":
      return { name: kind, variable: value };
    case "run":
      return { name: kind, command: value };
    case "sys":
      return { name: kind, kind: value as Deno.SysPermissionDescriptor["kind"] };
    case "import":
      return { name: kind, host: value };
    default:
      return { name: kind, path: value };
  }
}

function wider(action: string, kind: Kind, grant: string, flag: string): PermissionScopeError {
  const part = grant === "is true" ? `: "inherit" gives as much as it has` : "";
  return new PermissionScopeError(
    `Cannot ${action}: \`permissions.${kind}\` ${grant}, which this script may not do itself, and a scope is never wider ` +
      `than that${part}: start the script with ${flag}`,
    { flag },
  );
}
