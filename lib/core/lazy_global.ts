/**
 * `lazyGlobal()`: globals that the runtime loads when they are first read, which takes a tenth to a third of the start of a
 * process: the timers (32 ms, with a part of Node), the streams (15 ms).
 *
 * @module
 */

/**
 * Returns a function that gives a global as it is now, and loads it with its first call. A program may replace it meanwhile
 * (platform.ts says who does).
 */
export function lazyGlobal<K extends keyof typeof globalThis>(name: K): () => (typeof globalThis)[K] {
  const get = Object.getOwnPropertyDescriptor(globalThis, name)?.get;
  let value: (typeof globalThis)[K] | undefined = get ? undefined : globalThis[name];
  return () => value ??= get!.call(globalThis);
}
