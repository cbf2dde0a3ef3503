/**
 * What the tasks of a pool may do: checks the option `permissions`, resolves what is relative in it, and compares it with
 * what this script may do itself.
 *
 * @module
 */
import { PermissionScopeError } from "../core/errors.ts";
import { bad, knownOptions } from "../core/validate.ts";

/** A scope in full; see {@linkcode PermissionScope}. */
export type Scope = Deno.PermissionOptionsObject;

/**
 * What a task may do. A kind that is not named is denied. `true` is all of it, `"inherit"` what this script has, a list
 * what it names. Relative paths are taken from the current directory, once, when the pool is created.
 *
 * @example Tasks that may read one folder, and nothing else
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
 * Checks the option; `undefined` if workers need no scope of their own.
 *
 * @throws {TypeError} If it is not valid.
 * @throws {PermissionScopeError} If it is wider than what this script may do.
 */
export function checkPermissions(call: string, given: unknown): Scope | undefined {
  if (given === undefined || given === "inherit") return undefined;
  if (given !== "none" && (typeof given !== "object" || given === null || Array.isArray(given))) {
    throw bad(call, "permissions", given, `"inherit" | "none" | { ${KINDS.join(", ")} }`, false);
  }
  const asked: Record<string, unknown> = given === "none" ? {} : { ...given };
  knownOptions(`${call}: permissions`, asked, KINDS);
  // Every kind is named: what is left out must not depend on a default of the runtime's.
  return Object.fromEntries(KINDS.map((kind) => [kind, checkKind(call, kind, asked[kind] ?? false)]));
}

function checkKind(call: string, kind: Kind, grant: unknown): boolean | "inherit" | string[] {
  if (grant === "inherit" || grant === false) return grant;
  if (grant === true) {
    if (!isGranted({ name: kind })) throw wider(call, kind, "is true", `--allow-${kind}`);
    return true;
  }
  if (!Array.isArray(grant)) throw bad(call, `permissions.${kind}`, grant, `true | false | "inherit" | a list`, false);
  const list = grant.map((entry) => checkEntry(call, kind, entry));
  // An empty list means nothing at all, here as in words.
  return list.length > 0 && list;
}

function checkEntry(call: string, kind: Kind, entry: unknown): string {
  const takes = kind === "net" || kind === "import"
    ? `"host" or "host:port"`
    : PATHS.includes(kind) || kind === "run"
    ? "paths and file: URLs"
    : "names";
  const wrong = () => bad(call, `permissions.${kind}`, entry, `a list of ${takes}`, false);
  const value = entry instanceof URL || typeof entry === "string" ? plain(kind, entry) : undefined;
  if (value === undefined || value === "") throw wrong();
  if ((kind === "net" || kind === "import") && !isHost(value)) throw wrong();
  let granted: boolean;
  try {
    granted = isGranted(descriptor(kind, value));
  } catch {
    // The runtime knows best what a kind of information is, though it does not look where all of it is granted.
    throw wrong();
  }
  if (!granted) throw wider(call, kind, `names ${JSON.stringify(value)}`, `--allow-${kind}=${value}`);
  return value;
}

function plain(kind: Kind, entry: string | URL): string | undefined {
  const isPath = PATHS.includes(kind);
  if (!isPath && kind !== "run") return typeof entry === "string" ? entry : undefined;
  if (entry === "") return "";
  // By the global, and only now: importing them takes some milliseconds of everybody's start.
  // deno-lint-ignore no-process-global
  const { getBuiltinModule } = process;
  if (entry instanceof URL || entry.startsWith("file:")) {
    const url = URL.parse(entry);
    return url?.protocol === "file:" ? getBuiltinModule("node:url").fileURLToPath(url) : undefined;
  }
  // A program without a slash is looked up in PATH.
  return isPath || /[/\\]/.test(entry) ? getBuiltinModule("node:path").resolve(entry) : entry;
}

// Patterns of hosts (`*.example.com`, `10.0.0.0/8`) are left out: the runtime does not compare them with what it has.
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

// Asks nobody: what the user would be asked for is not granted.
function isGranted(what: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(what).state === "granted";
}

function wider(call: string, kind: Kind, asked: string, flag: string): PermissionScopeError {
  const part = asked === "is true" ? `: "inherit" gives as much as it has` : "";
  return new PermissionScopeError(
    `Cannot ${call}: \`permissions.${kind}\` ${asked}, which this script may not do itself, and a scope is never wider ` +
      `than that${part}: start the script with ${flag}`,
    { flag },
  );
}
