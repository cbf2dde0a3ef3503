/**
 * Repeats a forced stop that the runtime has lost.
 *
 * The runtime forgets a stop that arrives while it formats a value or builds an error, and `terminate()` works only
 * once: `for (;;) console.log({})` would run on forever. So this module wraps the functions in which that happens, and
 * each wrapper checks the kill guard when the function returns. In a scoped worker, which nothing can interrupt once a
 * task has awaited, these wrappers are the only places that can end a loop.
 *
 * The wrappers of `console` also take the lock of the terminal (lib/core/terminal.ts).
 *
 * Not covered: loops over errors of `node:assert` and callbacks of `node:sqlite`. Figures: ARCHITECTURE.md, decision A.
 *
 * @module
 */
import { reportError } from "../lib/core/platform.ts";
import type { Terminal } from "../lib/core/terminal.ts";
import type { KillGuard } from "../lib/protocol/kill_guard.ts";

type Functions = Record<string, unknown>;

/** Ends this worker from inside, and does not return. */
export type EndWorker = (guard: KillGuard) => never;

/** Wraps the functions of `console` and `Deno`, and other globals. */
export function wrapGlobals(guard: KillGuard, endWorker: EndWorker, terminal: Terminal): void {
  wrap(guard, endWorker, console, Object.keys(console), terminal);
  wrap(guard, endWorker, Deno, Object.keys(Deno).filter((name) => /Sync$/.test(name)));
  wrap(guard, endWorker, Deno, ["inspect", "chdir", "kill", "hostname", "osRelease", "execPath", "cwd"]);
  wrap(guard, endWorker, globalThis, ["atob", "btoa"]);
}

/** Wraps functions of node's modules. Must run before their first import, which keeps the functions that it finds. */
export function wrapBuiltins(guard: KillGuard, endWorker: EndWorker): void {
  // Through the global: importing node:process would add 7 ms to the start of every worker.
  // deno-lint-ignore no-process-global
  const { getBuiltinModule } = process;
  const fs = getBuiltinModule("node:fs");
  const vm = getBuiltinModule("node:vm");
  wrap(guard, endWorker, fs, Object.keys(fs).filter((name) => /Sync$/.test(name)));
  wrap(guard, endWorker, getBuiltinModule("node:util"), ["inspect", "format"]);
  const runs = ["runInThisContext", "runInContext", "runInNewContext"];
  wrap(guard, endWorker, vm, runs);
  wrap(guard, endWorker, vm.Script.prototype, runs);
}

function wrap(guard: KillGuard, endWorker: EndWorker, owner: object, names: string[], terminal?: Terminal): void {
  for (const name of names) {
    const descriptor = Reflect.getOwnPropertyDescriptor(owner, name);
    const original = (owner as Functions)[name];
    if (typeof original !== "function" || descriptor?.configurable === false) continue;
    const wrapped = {
      [name](this: unknown, ...args: unknown[]): unknown {
        const entered = terminal?.enter();
        try {
          // A stopped worker must not hold the terminal: other threads would have to wait for it.
          if (entered && guard.stopRequested) return;
          return Reflect.apply(original, this, args);
        } finally {
          if (entered) terminal!.leave();
          if (guard.stopRequested) endWorker(guard);
        }
      },
    }[name];
    // Some functions have fields of their own, such as `util.inspect.custom`.
    Object.setPrototypeOf(wrapped, original);
    Object.defineProperty(owner, name, { configurable: true, writable: true, enumerable: true, value: wrapped });
  }
}

/** Ends a worker thread that was stopped: an uncaught exception ends it silently. */
export function endThread(guard: KillGuard): never {
  reportError(new Error("stopped"));
  for (let i = 0; i < 1e6; i++); // The engine checks for a stop at the back edge of a loop.
  return guard.sleepForever(); // A listener of the task has prevented the exception from ending the thread.
}
