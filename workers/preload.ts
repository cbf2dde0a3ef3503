/**
 * Loads every part of the runtime that it would otherwise load on first use.
 *
 * Stopping a thread by force while the runtime loads one of its own modules can abort the whole process. After
 * `preload()` no such module is left to load. `DENO_LOG_LAZY_LOAD=1` shows what a new Deno version adds.
 *
 * @module
 */
import { Promise } from "../lib/core/platform.ts";

/** Missing from node's types. */
interface Compose {
  compose(stream: unknown): { destroy(): void };
}

/** Globals whose getters open a file or ask for a permission. */
const SKIPPED = new Set<PropertyKey>(["localStorage", "sessionStorage", "caches"]);

/** Loads all lazy parts of the runtime. Takes about 50 ms. */
export async function preload(): Promise<void> {
  // Through the global: importing node:process and node:module would add 10 ms to the start of every worker.
  // deno-lint-ignore no-process-global
  const { getBuiltinModule } = process;
  const { builtinModules, createRequire } = getBuiltinModule("node:module");
  await Promise.allSettled(builtinModules.map((name) => import(name.startsWith("node:") ? name : `node:${name}`)));
  for (const key of Reflect.ownKeys(globalThis)) {
    if (!SKIPPED.has(key) && Reflect.getOwnPropertyDescriptor(globalThis, key)?.get) {
      load(() => Reflect.get(globalThis, key));
    }
  }
  load(() => Deno.serve);
  load(() => Deno.Command);
  const { createHash } = getBuiltinModule("node:crypto");
  const stream = getBuiltinModule("node:stream");
  // These calls load parts of the runtime that cannot be imported by name.
  load(() => createRequire(import.meta.url)("node:zlib"));
  load(() => createHash("sha1"));
  load(() => stream.Readable.from([]).destroy());
  load(() => void stream.Readable.toWeb(new stream.Readable({ read() {} })).cancel());
  load(() => (stream as unknown as Compose).compose(new stream.PassThrough()).destroy());
}

// A part that a permission or the platform forbids cannot be loaded later either.
function load(part: () => unknown): void {
  try {
    part();
  } catch { /* see above */ }
}
