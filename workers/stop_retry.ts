/**
 * Catches stops that the runtime swallows. One that strikes while the runtime formats a value or builds an error is
 * forgotten, and there is no second one: `for (;;) console.log({})` would burn on for ever. So the functions where that
 * happens look at the brake when they are done. In a scoped worker, which nobody can interrupt once a task has awaited,
 * they are the only places that do.
 *
 * The functions of `console` take their turn at the screen as well, in the same wrapper (lib/core/terminal.ts).
 *
 * What is left: loops over errors of `node:assert` and callbacks of `node:sqlite`. Figures: ARCHITECTURE.md, decision A.
 *
 * @module
 */
import type { Terminal } from "../lib/core/terminal.ts";
import type { KillGuard } from "../lib/protocol/kill_guard.ts";

type Functions = Record<string, unknown>;

/** Ends this worker from inside, and does not return. */
export type End = (brake: KillGuard) => never;

/** Wraps what belongs to no module: `console` and `Deno`. */
export function wrapGlobals(brake: KillGuard, end: End, screen: Terminal): void {
  wrap(brake, end, console, Object.keys(console), screen);
  wrap(brake, end, Deno, Object.keys(Deno).filter((name) => /Sync$/.test(name)));
  wrap(brake, end, Deno, ["inspect", "chdir", "kill", "hostname", "osRelease", "execPath", "cwd"]);
  wrap(brake, end, globalThis, ["atob", "btoa"]);
}

/** Wraps the like in node's modules. Before their first import: an import keeps the function it found. */
export function wrapBuiltins(brake: KillGuard, end: End): void {
  // By the global: importing node:process takes 7 ms of every worker's start.
  // deno-lint-ignore no-process-global
  const { getBuiltinModule } = process;
  const fs = getBuiltinModule("node:fs");
  const vm = getBuiltinModule("node:vm");
  wrap(brake, end, fs, Object.keys(fs).filter((name) => /Sync$/.test(name)));
  wrap(brake, end, getBuiltinModule("node:util"), ["inspect", "format"]);
  const runs = ["runInThisContext", "runInContext", "runInNewContext"];
  wrap(brake, end, vm, runs);
  wrap(brake, end, vm.Script.prototype, runs);
}

function wrap(brake: KillGuard, end: End, owner: object, names: string[], screen?: Terminal): void {
  for (const name of names) {
    const found = Reflect.getOwnPropertyDescriptor(owner, name);
    const original = (owner as Functions)[name];
    if (typeof original !== "function" || found?.configurable === false) continue;
    const wrapped = {
      [name](this: unknown, ...args: unknown[]): unknown {
        const entered = screen?.enter();
        try {
          // One that got the screen after its host gave it up would keep it for a while.
          if (entered && brake.stopRequested) return;
          return Reflect.apply(original, this, args);
        } finally {
          if (entered) screen!.leave();
          if (brake.stopRequested) end(brake);
        }
      },
    }[name];
    // Some carry fields of their own: `util.inspect.custom`.
    Object.setPrototypeOf(wrapped, original);
    Object.defineProperty(owner, name, { configurable: true, writable: true, enumerable: true, value: wrapped });
  }
}

/** Ends a worker thread: an uncaught exception of one that was stopped ends it without a word. */
export function endThread(brake: KillGuard): never {
  reportError(new Error("stopped"));
  for (let i = 0; i < 1e6; i++); // The back edge of a loop is where the engine notices.
  return brake.sleepForever(); // A listener of the task's prevented it.
}
