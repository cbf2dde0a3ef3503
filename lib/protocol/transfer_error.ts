/**
 * The error of a value that cannot be copied: it names the path of the part that is at fault.
 *
 * @module
 */
import { JSON, Promise, structuredClone } from "../core/platform.ts";
import { typeName } from "../core/shorten.ts";
import { TransferError } from "../core/task_errors.ts";
import { isProxy } from "../core/uncopyable.ts";
import { isA, isArray, show } from "../core/validate.ts";
import { isWrapped } from "../shared/revive.ts";
import { cloneInput } from "./clone_input.ts";
import { UnreachableError } from "./reach.ts";

/** Whether a value needs no copy. Functions and symbols are no primitives here: they cannot be copied at all. */
export function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function" && typeof value !== "symbol");
}

/**
 * A placeholder for a value that could not be copied, which makes sending that item fail, and no other. Without it, a
 * value that is nested thousands deep could be sent but not read, and would close the port.
 */
export class Uncopyable {
  /** A function, which structured clone refuses. */
  readonly refuse = (): void => {};

  /** @param cause The reason why `value` could not be copied. */
  constructor(readonly value: unknown, readonly cause: unknown) {}
}

/** Returns the placeholder if an item is one, or is a list with one as its only argument; otherwise `undefined`. */
export function uncopyableIn(item: unknown): Uncopyable | undefined {
  const value = isArray(item) && item.length === 1 ? item[0] : item;
  return isA(value, Uncopyable) ? value : undefined;
}

/** Makes the error of a failed copy, with the path of the part of `value` that cannot be copied. */
export function transferError(
  value: unknown,
  root: string,
  direction: "argument" | "result",
  cause: unknown,
  moved: readonly unknown[] = [],
): TransferError {
  ({ value, cause } = uncopyableIn(value) ?? { value, cause });
  const reason = cause instanceof Error ? cause.message : String(cause);
  const unreachable = cause instanceof UnreachableError ? cause.offender : undefined;
  const isAtFault = unreachable ? (part: unknown) => holds(part, unreachable) : isUncloneable;
  const { path, offender } = locate(value, root, new Set(moved), isAtFault);
  const advice = isA(offender, Promise) ? "await it" : reason;
  const why = unreachable ? reason : `${describe(offender)} cannot be copied to another thread: ${advice}`;
  const where = path.startsWith(direction) ? path : `${direction} ${path}`;
  return new TransferError(`Cannot send ${where}: ${why}`, { direction, path, cause });
}

function describe(offender: unknown): string {
  if (typeof offender === "symbol") return "a symbol";
  // A revoked one throws whatever is asked of it.
  if (isProxy(offender)) return "a Proxy";
  if (typeof offender === "object" && offender !== null) return typeName(offender);
  if (typeof offender !== "function") return Object.prototype.toString.call(offender).slice(8, -1);
  const { name }: { name: unknown } = offender;
  return typeof name === "string" && name !== "" ? `a function (${name})` : "a function";
}

/** Maximum length of a path in an error message. */
const MAX_PATH = 200;

// Finds the deepest value that is at fault by itself. It looks at each sibling on the way, by a clone for instance, so it
// runs only after a failure.
function locate(
  value: unknown,
  path: string,
  seen: Set<unknown>,
  isAtFault: (part: unknown) => boolean,
): { path: string; offender: unknown } {
  if (isObject(value) && hasCopiedParts(value) && !seen.has(value) && path.length < MAX_PATH) {
    seen.add(value);
    if (isWrapped(value)) return { path, offender: value };
    for (const [step, child] of children(value)) {
      if (!seen.has(child) && isAtFault(child)) return locate(child, path + step, seen, isAtFault);
    }
  }
  return { path, offender: value };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

const COPIED_BY_PARTS: ReadonlySet<string> = new Set(["Object", "Array", "Map", "Set", "Error"]);

// Whether structured clone copies the parts of an object. It refuses a proxy, whatever its target, and an object of the
// runtime as a whole: a port, to which node:worker_threads has added methods.
function hasCopiedParts(value: object): boolean {
  return !isProxy(value) && COPIED_BY_PARTS.has(Object.prototype.toString.call(value).slice(8, -1));
}

// Whether a value is `part`, or contains it.
function holds(value: unknown, part: object, seen = new Set<unknown>()): boolean {
  if (value === part) return true;
  if (typeof value !== "object" || value === null || seen.has(value) || isProxy(value)) return false;
  seen.add(value);
  if (ArrayBuffer.isView(value)) return value.buffer === part;
  for (const [, child] of children(value)) if (holds(child, part, seen)) return true;
  return false;
}

function* children(value: object): Generator<[string, unknown]> {
  if (value instanceof Map) {
    for (const [key, child] of value) {
      yield [`.keys()`, key];
      yield [`.get(${typeof key === "string" ? JSON.stringify(key) : show(key)})`, child];
    }
  } else if (value instanceof Set) {
    for (const child of value) yield [".values()", child];
  }
  for (const key of Object.keys(value)) {
    const step = /^\d+$/.test(key)
      ? `[${key}]`
      : /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key)
      ? `.${key}`
      : `[${JSON.stringify(key)}]`;
    let child: unknown;
    try {
      child = (value as Record<string, unknown>)[key];
    } catch {
      continue; // A getter that throws: the clone fails at its owner, and the error names the owner.
    }
    yield [step, child];
  }
}

function isUncloneable(value: unknown): boolean {
  if (isPrimitive(value)) return false;
  try {
    structuredClone(cloneInput(value).value);
    return false;
  } catch {
    return true;
  }
}
