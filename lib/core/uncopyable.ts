/**
 * Objects that structured clone copies without their content: a `URL` or a `Future` arrives as `{}`. `uncopyable()`
 * finds them, so that sending one is an error instead.
 *
 * @module
 */
import { structuredClone } from "./platform.ts";

export { isAnyArrayBuffer, isProxy } from "node:util/types";

/** What to send instead, by the tag of the class. */
const ADVICE: Record<string, string> = {
  // @ts-expect-error: in a literal, `__proto__` sets the prototype; its type lacks it
  __proto__: null,
  URL: "send `url.href`",
  URLSearchParams: "send `params.toString()`",
  Headers: "send `[...headers]`",
  Request: "send its `url`, `method`, `[...headers]` and `await request.bytes()`",
  Response: "send its `status`, `[...headers]` and `await response.bytes()`",
  FormData: "send `[...form]`",
  AbortSignal: "use `context.signal` in the task, and the option `signal`",
  AbortController: "use `context.signal` in the task, and the option `signal`",
  URLPattern: "send the strings it is made of",
  TextEncoder: "make one in the task",
  TextDecoder: "make one in the task",
};

// Advice by prototype; `null` for a prototype whose instances keep their content. Filled as classes are met.
const known = new WeakMap<object, string | null>();
// Prototypes of classes of this library, whose instances are refused even if they have fields.
const registered = new WeakMap<object, string>();

/** Refuses the instances of a class, whatever fields they have. The module of the class does this when it is loaded. */
export function refuseCopies(type: { readonly prototype: object }, advice: string): void {
  registered.set(type.prototype, advice);
}

/**
 * Returns what to send instead of an object that would arrive without its content; `undefined` for others.
 *
 * @param value An object with a prototype that is not `Object.prototype`.
 */
export function uncopyable(value: object): string | undefined {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null) return undefined;
  let advice = known.get(prototype);
  if (advice === undefined) known.set(prototype, advice = adviceOf(value, prototype));
  // A registered class is refused in any case; fields of others arrive.
  return advice !== null && (registered.has(prototype) || Object.keys(value).length === 0) ? advice : undefined;
}

function adviceOf(value: object, prototype: object): string | null {
  for (let each: object | null = prototype; each !== null; each = Object.getPrototypeOf(each)) {
    const advice = registered.get(each);
    if (advice === undefined) continue;
    registered.set(prototype, advice);
    return advice;
  }
  const tag: unknown = (prototype as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  if (typeof tag !== "string" || !arrivesEmpty(value)) return null;
  return ADVICE[tag] ?? "send the data in it";
}

// By a clone inside of an object: given alone, some of these objects are refused by the runtime.
function arrivesEmpty(value: object): boolean {
  try {
    const { copy } = structuredClone({ copy: value });
    return Object.getPrototypeOf(copy) === Object.prototype;
  } catch {
    return false; // The clone of the whole value fails, too, unless the object is moved.
  }
}
