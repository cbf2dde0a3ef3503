/** A task module that crashes in every way, at every moment. Its top level does so if its URL asks for it. */
import process from "node:process";

/** The ways. */
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

function devour(): never {
  const kept: unknown[] = [];
  for (;;) kept.push(new Array(10_000).fill({}).map((_, n) => ({ n })));
}

/** Crashes; what it returns, if it does, never settles or rejects. */
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
      // There is no self.close() in a worker of node:worker_threads; this is its likeness: the end comes from elsewhere.
      setTimeout(() => process.exit(0), 1);
      return never();
    case "spin":
      for (;;);
    case "never":
      return never();
    case "oom":
      return devour();
    case "oomAfterAwait":
      return soon().then(devour);
    case "oomBuffers": {
      const kept: Uint8Array[] = [];
      setInterval(() => kept.push(new Uint8Array(20_000_000).fill(1)), 2);
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

/** Returns what crashes when it is copied. */
export function encode(kind: Kind): object {
  return {
    get bomb() {
      // A getter cannot wait: what it returns is a promise, which is the part of the result that cannot be copied.
      return crash(kind);
    },
  };
}

/** Returns at once, and crashes when nothing runs. */
export function later(kind: Kind): string {
  setTimeout(() => {
    void crash(kind);
  }, 5);
  return "done";
}

/** An initializer that succeeds, and crashes after that. */
export function primed(kind: Kind): void {
  setTimeout(() => void crash(kind), 0);
}

/** A finalizer. */
export function finalize(): Promise<never> {
  const { kind } = scope;
  return crash(kind!);
}

/** What the finalizer shall do: it has no arguments. */
export function plan(kind: Kind): string {
  scope.kind = kind;
  return "planned";
}

/** Works. */
export function fine(n: number): number {
  return n + 1;
}

const scope: { kind?: Kind } = {};

const atLoad = new URL(import.meta.url).searchParams.get("crash");
if (atLoad) await crash(atLoad as Kind);
