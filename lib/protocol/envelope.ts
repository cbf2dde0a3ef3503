/**
 * Values that cross: taking a copy of arguments when they are handed over, and naming the place of one that cannot be
 * copied.
 *
 * @module
 */
import { fromWhole, wholeBytes } from "../core/bytes.ts";
import { TransferError } from "../core/errors.ts";
import { takeMove } from "../core/move.ts";
import { Json, PlainWriter } from "../core/plain.ts";
import { show } from "../core/validate.ts";
import { encode } from "../shared/revive.ts";

/** Arguments as they were when they were handed over. */
export interface Snapshot {
  /** Copies; of plain data its text. See {@linkcode decodeItems}. */
  args: unknown[];
  transfer: Transferable[];
  /** Whether there may be shared objects in them (lib/shared/revive.ts). */
  handles: boolean;
}

/**
 * Takes arguments as they are now, and moves what `transfer` names or `move()` marked, so that later changes by the caller
 * are not seen. Primitives cost nothing, plain data its text or, if it is large, a copy, one typed array its bytes; an
 * argument list with others costs a structured clone.
 *
 * @throws {TransferError} If a value cannot be copied.
 */
export function snapshot(args: unknown[], transfer: Transferable[]): Snapshot {
  if (transfer.length === 0 && args.every(isPrimitive)) return { args: args.slice(), transfer, handles: false };
  for (const arg of args) {
    const moved = takeMove(arg);
    if (moved) transfer = [...new Set([...transfer, ...moved])];
  }
  const folded = transfer.length > 0 ? undefined : encodeArgs(args);
  return folded ? { args: folded, transfer, handles: false } : clone(args, transfer);
}

/**
 * Clones arguments, and moves some of them.
 *
 * @throws {TransferError} If a value cannot be copied.
 */
export function clone(args: unknown[], transfer: Transferable[]): Snapshot {
  try {
    // One clone for both, so that the moved values keep their identity inside the arguments.
    const { value, handles } = structuredClone(encode([args, transfer]), { transfer });
    const [copied, moved] = value as [unknown[], Transferable[]];
    return { args: copied, transfer: moved, handles };
  } catch (cause) {
    throw transferError(args, "args", "argument", cause, transfer);
  }
}

// What is an object twice must be one in the copy, too: one writer for all, and no second typed array, which might have the
// same buffer.
function encodeArgs(args: unknown[], isLarge = false): unknown[] | undefined {
  const folded: unknown[] = [];
  const writer = new PlainWriter();
  let hasBytes = false;
  for (const arg of args) {
    if (isPrimitive(arg)) folded.push(arg);
    else if (typeof arg !== "object") return undefined;
    else {
      const whole = wholeBytes(arg!);
      if (whole && hasBytes) return undefined;
      hasBytes ||= whole !== undefined;
      const copy = whole
        ? fromWhole(whole.form, whole.bytes.slice())
        : isLarge
        ? writer.copy(arg!)
        : writer.write(arg!);
      if (copy === undefined) return writer.tooLarge ? encodeArgs(args, true) : undefined;
      folded.push(copy);
    }
  }
  return folded;
}

/** The values of what {@linkcode snapshot} has made of arguments, for whoever cannot carry their texts. */
export function decodeItems(items: unknown[], spread: boolean): unknown[] {
  return items.map((item) => spread ? (item as unknown[]).map(decodeItem) : decodeItem(item));
}

function decodeItem(value: unknown): unknown {
  return value instanceof Json ? value.parse() : value;
}

/** Whether a value is copied by merely passing it on. Functions and symbols are not: they cannot be copied at all. */
export function isPrimitive(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function" && typeof value !== "symbol");
}

/**
 * Stands for a value that could not be copied, so that sending it fails, and only it: a value that is nested thousands
 * deep could be sent, would not be read, and would close the port.
 */
export class Uncopyable {
  /** What makes sending fail. */
  readonly refuse = (): void => {};

  /** @param cause Why `value` could not be copied. */
  constructor(readonly value: unknown, readonly cause: unknown) {}
}

/** Says where in `value` the reason for a failed copy sits. */
export function transferError(
  value: unknown,
  root: string,
  direction: "argument" | "result",
  cause: unknown,
  moved: readonly unknown[] = [],
): TransferError {
  if (value instanceof Uncopyable) ({ value, cause } = value);
  const { path, offender } = locate(value, root, new Set(moved));
  const what = typeof offender === "function"
    ? `a function${offender.name === "" ? "" : ` (${offender.name})`}`
    : typeof offender === "symbol"
    ? "a symbol"
    : Object.prototype.toString.call(offender).slice(8, -1);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new TransferError(
    `Cannot send ${direction} ${path}: ${what} cannot be copied to another thread: ${reason}`,
    { direction, path, cause },
  );
}

/** Longest path that is worth reading. */
const LONGEST_PATH = 200;

// Walks down to the deepest value that fails to clone by itself. Only after a failure: the way there costs a clone of
// each sibling.
function locate(value: unknown, path: string, seen: Set<unknown>): { path: string; offender: unknown } {
  if (typeof value === "object" && value !== null && !seen.has(value) && path.length < LONGEST_PATH) {
    seen.add(value);
    for (const [step, child] of children(value)) {
      if (!seen.has(child) && !isCloneable(child)) return locate(child, path + step, seen);
    }
  }
  return { path, offender: value };
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
      continue; // A getter that throws: the clone fails at the owner, which is what gets named.
    }
    yield [step, child];
  }
}

function isCloneable(value: unknown): boolean {
  if (isPrimitive(value)) return true;
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
