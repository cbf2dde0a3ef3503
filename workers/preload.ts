/**
 * Loads every part of the runtime that it would otherwise load on first use.
 *
 * Stopping a thread by force while the runtime loads one of its own modules aborts the whole process. After this there
 * is nothing left to load. `DENO_LOG_LAZY_LOAD=1` shows what a new Deno version adds.
 *
 * @module
 */

/** Missing from node's types. */
interface Compose {
  compose(stream: unknown): { destroy(): void };
}

/** Getters that open a file or ask for a permission. */
const SPARED = new Set<PropertyKey>(["localStorage", "sessionStorage", "caches"]);

/** Loads it all; takes about 50 ms. */
export async function preload(): Promise<void> {
  // By the global: importing node:process and node:module takes 10 ms of every worker's start.
  // deno-lint-ignore no-process-global
  const { getBuiltinModule } = process;
  const { builtinModules, createRequire } = getBuiltinModule("node:module");
  await Promise.allSettled(builtinModules.map((name) => import(name.startsWith("node:") ? name : `node:${name}`)));
  for (const key of Reflect.ownKeys(globalThis)) {
    if (!SPARED.has(key) && Reflect.getOwnPropertyDescriptor(globalThis, key)?.get) {
      use(() => Reflect.get(globalThis, key));
    }
  }
  use(() => Deno.serve);
  use(() => Deno.Command);
  const { createHash } = getBuiltinModule("node:crypto");
  const stream = getBuiltinModule("node:stream");
  // Parts behind parts: what these calls load has no name of its own.
  use(() => createRequire(import.meta.url)("node:zlib"));
  use(() => createHash("sha1"));
  use(() => stream.Readable.from([]).destroy());
  use(() => void stream.Readable.toWeb(new stream.Readable({ read() {} })).cancel());
  use(() => (stream as unknown as Compose).compose(new stream.PassThrough()).destroy());
}

// What a permission or a platform does not allow cannot be loaded later either.
function use(part: () => unknown): void {
  try {
    part();
  } catch { /* see above */ }
}
