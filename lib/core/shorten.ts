/**
 * `shorten()`: shows a value in a few words, for messages that name an argument or an item.
 *
 * @module
 */
import { JSON } from "./platform.ts";

/** Number of elements or properties that are shown. */
const MAX_ENTRIES = 4;
/** Depth down to which objects are shown. */
const MAX_DEPTH = 2;

/**
 * Shows a value in at most `max` characters. It runs no code of the value's own (getters, `toString`, `toJSON`), and takes
 * as long for a large value as for a small one, but for the list of an object's keys.
 */
export function shorten(value: unknown, max = 60): string {
  const text = render(value, max, 0);
  return text.length > max ? `${text.slice(0, max - 1)}…` : text;
}

/** Shows the arguments of a call, as {@linkcode shorten} does. */
export function shortenAll(values: readonly unknown[], max = 60): string {
  const text = values.slice(0, MAX_ENTRIES).map((value) => render(value, max, 0)).join(", ");
  return text.length > max || values.length > MAX_ENTRIES ? `${text.slice(0, max - 1)}…` : text;
}

function render(value: unknown, max: number, depth: number): string {
  if (typeof value === "string") {
    return value.length > max ? JSON.stringify(value.slice(0, max)) : JSON.stringify(value);
  }
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return renderObject(value, max, depth);
  } catch {
    return "an object"; // a revoked proxy, or one whose traps throw
  }
}

function renderObject(value: object, max: number, depth: number): string {
  const name = typeName(value);
  if (Array.isArray(value)) {
    if (depth === MAX_DEPTH) return `Array(${value.length})`;
    const shown: string[] = [];
    for (let i = 0; i < value.length && i < MAX_ENTRIES; i++) shown.push(render(own(value, String(i)), max, depth + 1));
    return `[${shown.join(", ")}${value.length > MAX_ENTRIES ? ", …" : ""}]`;
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `${name}(${value.byteLength} bytes)`;
  if (name !== "Object" || depth === MAX_DEPTH) return name;
  const keys = Object.keys(value);
  if (keys.length === 0) return "{}";
  const shown = keys.slice(0, MAX_ENTRIES).map((key) => `${key}: ${render(own(value, key), max, depth + 1)}`);
  return `{ ${shown.join(", ")}${keys.length > MAX_ENTRIES ? ", …" : ""} }`;
}

/** Returns the name of the class of an object, without running code of its own; `"Object"` if it has none. */
export function typeName(value: object): string {
  const prototype = Object.getPrototypeOf(value);
  const constructor = prototype === null ? undefined : own(prototype, "constructor");
  const name = typeof constructor === "function" ? own(constructor, "name") : undefined;
  return typeof name === "string" && name !== "" ? name : "Object";
}

function own(object: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value;
}
