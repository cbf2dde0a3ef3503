/**
 * The runtime's globals that the library uses while it runs, taken when this module loads. A program may replace those of
 * `globalThis` afterwards: fake timers replace `performance` and `Date`, a simulated browser replaces `URL`, `AbortController`
 * and `DOMException`, an old promise library replaces `Promise`. No call may be lost by that.
 *
 * A file that uses one of these imports it under its own name. The timers are in timer.ts.
 * A file whose public types name one of them imports it as `RuntimePromise` or the like: else the documentation would name
 * this module's type, which is not public.
 *
 * Not taken: the built-in classes and functions of the language apart from `Promise`, `Date` and `JSON` (`Map`, `Object.keys`,
 * the methods of prototypes), and `console`, whose output a program may want to catch.
 *
 * @module
 */
import { lazyGlobal } from "./lazy_global.ts";

/** The clock. Only the library's own tests replace its function (tests/scheduler/manual_clock.ts). */
export const performance: { now: () => number } = { now: globalThis.performance.now.bind(globalThis.performance) };

/** The number of cores that this process may use, at least 1. */
export const cores: number = navigator.hardwareConcurrency || 1;

/** The functions of the global `Atomics` that the library uses. */
export const Atomics: Pick<
  typeof globalThis.Atomics,
  "add" | "compareExchange" | "exchange" | "load" | "notify" | "or" | "store" | "sub" | "wait" | "waitAsync"
> = Object.freeze({
  add: globalThis.Atomics.add,
  compareExchange: globalThis.Atomics.compareExchange,
  exchange: globalThis.Atomics.exchange,
  load: globalThis.Atomics.load,
  notify: globalThis.Atomics.notify,
  or: globalThis.Atomics.or,
  store: globalThis.Atomics.store,
  sub: globalThis.Atomics.sub,
  wait: globalThis.Atomics.wait,
  waitAsync: globalThis.Atomics.waitAsync,
});

/** The functions of the global `JSON`. */
export const JSON: Pick<typeof globalThis.JSON, "parse" | "stringify"> = Object.freeze({
  parse: globalThis.JSON.parse,
  stringify: globalThis.JSON.stringify,
});

/** The functions of the global `crypto` that the library uses. */
export const crypto: Pick<typeof globalThis.crypto, "getRandomValues" | "randomUUID"> = Object.freeze({
  getRandomValues: globalThis.crypto.getRandomValues.bind(globalThis.crypto),
  randomUUID: globalThis.crypto.randomUUID.bind(globalThis.crypto),
});

/** The runtime's function. */
export const structuredClone: typeof globalThis.structuredClone = globalThis.structuredClone;

/** The runtime's function. */
export const reportError: (error: unknown) => void = globalThis.reportError;

/** Makes a signal that aborts when one of several does. */
export const anySignal: (signals: AbortSignal[]) => AbortSignal = globalThis.AbortSignal.any.bind(
  globalThis.AbortSignal,
);

/** The runtime's class. */
export const AbortController: typeof globalThis.AbortController = globalThis.AbortController;
/** Its type. */
export type AbortController = globalThis.AbortController;

/** The runtime's class. */
export const AbortSignal: typeof globalThis.AbortSignal = globalThis.AbortSignal;
/** Its type. */
export type AbortSignal = globalThis.AbortSignal;

/** The runtime's class. */
export const CustomEvent: typeof globalThis.CustomEvent = globalThis.CustomEvent;
/** Its type. */
export type CustomEvent<T> = globalThis.CustomEvent<T>;

/** The runtime's class. */
export const Date: typeof globalThis.Date = globalThis.Date;
/** Its type. */
export type Date = globalThis.Date;

/** The runtime's class. */
export const DOMException: typeof globalThis.DOMException = globalThis.DOMException;
/** Its type. */
export type DOMException = globalThis.DOMException;

/** The runtime's class. */
export const Promise: typeof globalThis.Promise = globalThis.Promise;
/** Its type. */
export type Promise<T> = globalThis.Promise<T>;

/** Returns the runtime's class. */
export const readableStream: () => typeof globalThis.ReadableStream = lazyGlobal("ReadableStream");

/** Returns the runtime's class. */
export const transformStream: () => typeof globalThis.TransformStream = lazyGlobal("TransformStream");

/** The runtime's class. */
export const URL: typeof globalThis.URL = globalThis.URL;
/** Its type. */
export type URL = globalThis.URL;

/** The runtime's class. */
export const WeakRef: typeof globalThis.WeakRef = globalThis.WeakRef;
/** Its type. */
export type WeakRef<T extends object> = globalThis.WeakRef<T>;

/** The runtime's class. */
export const Worker: typeof globalThis.Worker = globalThis.Worker;
/** Its type. */
export type Worker = globalThis.Worker;
