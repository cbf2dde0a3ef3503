/**
 * Copies the arguments of a call at the time of the call, and names the path of a value that cannot be copied.
 *
 * @module
 */
import { bytesOf, restoreBytes } from "../core/bytes.ts";
import { TransferError } from "../core/errors.ts";
import { takeMove } from "../core/move.ts";
import { Json, PlainWriter } from "../core/plain.ts";
import { JSON, Promise, structuredClone } from "../core/platform.ts";
import { typeName } from "../core/shorten.ts";
import { isProxy } from "../core/uncopyable.ts";
import { isA, isArray, show } from "../core/validate.ts";
import { encode, isWrapped } from "../shared/revive.ts";
import { cloneInput, cloneInputWithErrors } from "./clone_input.ts";
import { UnreachableError } from "./reach.ts";

/** Arguments as they were when the caller passed them. */
export interface Snapshot {
  /** Copies; plain data is copied as its text. See {@linkcode decodeItems}. */
  args: unknown[];
  transfer: Transferable[];
  /** Whether there may be shared objects in them (lib/shared/revive.ts). */
  handles: boolean;
}

/**
 * Copies arguments as they are now, and moves the objects in `transfer` and those that `move()` has marked. Later
 * changes by the caller do not reach the task.
 *
 * Primitives cost nothing. Plain data is copied as text or, if it is large, as objects, and one typed array by the bytes
 * that it shows. An argument list with any other value is copied by structured clone. Typed arrays travel with their
 * whole buffer only if several of them share it.
 *
 * @throws {TransferError} If a value cannot be copied, or would arrive without its content.
 */
export function snapshot(args: unknown[], transfer: Transferable[]): Snapshot {
  if (transfer.length === 0 && args.every(isPrimitive)) return { args: args.slice(), transfer, handles: false };
  for (const arg of args) {
    const moved = takeMove(arg);
    if (moved) transfer = [...new Set([...transfer, ...moved])];
  }
  const encoded = transfer.length > 0 ? undefined : encodeArgs(args);
  return encoded ? { args: encoded, transfer, handles: false } : clone(args, transfer);
}

/**
 * Copies arguments by structured clone, and moves the objects in `transfer`.
 *
 * @throws {TransferError} If a value cannot be copied.
 */
export function clone(args: unknown[], transfer: Transferable[]): Snapshot {
  try {
    // One clone for both, so that a moved object is the same object inside the arguments.
    const input = cloneInputWithErrors(args, transfer);
    const { value, handles } = structuredClone(encode([input, transfer]), { transfer });
    const [copied, moved] = value as [unknown[], Transferable[]];
    return { args: copied, transfer: moved, handles };
  } catch (cause) {
    throw transferError(args, "args", "argument", cause, transfer);
  }
}

// An object that occurs twice must be one object in the copy as well. So one writer serves all arguments, and there is
// no second typed array: it might have the same buffer, which then travels whole.
function encodeArgs(args: unknown[], isLarge = false): unknown[] | undefined {
  const encoded: unknown[] = [];
  const writer = new PlainWriter();
  let hasBytes = false;
  for (const arg of args) {
    if (isPrimitive(arg)) encoded.push(arg);
    else if (typeof arg !== "object") return undefined;
    else {
      const own = bytesOf(arg!);
      if (own && hasBytes) return undefined;
      hasBytes ||= own !== undefined;
      const copy = own ? restoreBytes(own.form, own.bytes.slice()) : isLarge ? writer.copy(arg!) : writer.write(arg!);
      if (copy === undefined) return writer.tooLarge ? encodeArgs(args, true) : undefined;
      encoded.push(copy);
    }
  }
  return encoded;
}

/** Decodes the texts in the copies of {@linkcode snapshot}, for a `run` message. */
export function decodeItems(items: unknown[], spread: boolean): unknown[] {
  return items.map((item) => spread ? (item as unknown[]).map(decodeItem) : decodeItem(item));
}

function decodeItem(value: unknown): unknown {
  return isA(value, Json) ? value.parse() : value;
}

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

/** Returns the placeholder that an item is, or the only one of a list of arguments, if so. */
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
