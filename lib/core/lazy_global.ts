/**
 * `lazyGlobal()`: globals that the runtime loads when they are first read, which takes a tenth to a third of the start of a
 * process: the timers (32 ms, with a part of Node), the streams (15 ms).
 *
 * @module
 */

/**
 * Returns a function that returns a global as it is now, and loads it with its first call. Later changes of the global by the
 * program have no effect (platform.ts names programs that change globals).
 */
export function lazyGlobal<K extends keyof typeof globalThis>(name: K): () => (typeof globalThis)[K] {
  const get = Object.getOwnPropertyDescriptor(globalThis, name)?.get;
  let value: (typeof globalThis)[K] | undefined = get ? undefined : globalThis[name];
  return () => value ??= get!.call(globalThis);
}
