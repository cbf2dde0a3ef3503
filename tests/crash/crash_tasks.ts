/**
 * A task module that crashes in every way, at every moment. Its top level crashes if its URL has the parameter `crash`.
 */
import process from "node:process";

/** The ways to crash. */
export const KINDS = [
  "throw",
  "reject",
  "exit",
  "processExit",
  "close",
  "spin",
  "never",
  "oom",
  "oomAfterAwait",
  "oomBuffers",
  "uncaughtTimer",
  "uncaughtEvent",
  "forgotten",
] as const;

export type Kind = typeof KINDS[number];

const soon = (ms = 1) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const never = () => new Promise<never>(() => {});

function fillHeap(): never {
  const held: unknown[] = [];
  for (;;) held.push(new Array(10_000).fill({}).map((_, n) => ({ n })));
}

/** Crashes. If it returns, its promise rejects or stays pending. */
export function crash(kind: Kind): Promise<never> {
  switch (kind) {
    case "throw":
      throw new RangeError("crashed");
    case "reject":
      return Promise.reject(new RangeError("crashed"));
    case "exit":
      return Deno.exit(7);
    case "processExit":
      return process.exit(7);
    case "close":
      // A thread of node:worker_threads has no self.close(). This is similar: the end does not come from the task
      // itself.
      setTimeout(() => process.exit(0), 1);
      return never();
    case "spin":
      for (;;);
    case "never":
      return never();
    case "oom":
      return fillHeap();
    case "oomAfterAwait":
      return soon().then(fillHeap);
    case "oomBuffers": {
      const held: Uint8Array[] = [];
      setInterval(() => held.push(new Uint8Array(20_000_000).fill(1)), 2);
      return never();
    }
    case "uncaughtTimer":
      setTimeout(() => {
        throw new RangeError("crashed");
      }, 1);
      return never();
    case "uncaughtEvent": {
      const target = new EventTarget();
      target.addEventListener("crash", () => {
        throw new RangeError("crashed");
      });
      setTimeout(() => target.dispatchEvent(new Event("crash")), 1);
      return never();
    }
    case "forgotten":
      void Promise.reject(new RangeError("crashed"));
      return never();
  }
}

/** Crashes while it runs. */
export function run(kind: Kind): Promise<never> {
  return crash(kind);
}

/** Returns an object that crashes when it is copied. */
export function encode(kind: Kind): object {
  return {
    get bomb() {
      // A getter cannot wait: it returns a promise, which cannot be copied.
      return crash(kind);
    },
  };
}

/** Returns at once, and crashes 5 ms later, when no task runs. */
export function later(kind: Kind): string {
  setTimeout(() => {
    void crash(kind);
  }, 5);
  return "done";
}

/** An initializer that succeeds, and crashes in the next turn of the event loop. */
export function primed(kind: Kind): void {
  setTimeout(() => void crash(kind), 0);
}

/** A finalizer that crashes as `plan()` has set it up. It has no arguments. */
export function finalize(): Promise<never> {
  const { kind } = planned;
  return crash(kind!);
}

/** Sets the way in which the finalizer crashes. */
export function plan(kind: Kind): string {
  planned.kind = kind;
  return "planned";
}

/** A task that succeeds. */
export function fine(n: number): number {
  return n + 1;
}

const planned: { kind?: Kind } = {};

const atLoad = new URL(import.meta.url).searchParams.get("crash");
if (atLoad) await crash(atLoad as Kind);
