/** Hostile tasks whose target is the host: their own end, values that deceive, bytes in the channel, the next task. */
import fs from "node:fs";
import process from "node:process";
import { switchToDescriptors } from "../support/descriptors.ts";

const encoder = new TextEncoder();
/** Descriptors of the channel: frames to the host, and the host's answers to requests that block (process_child.ts). */
const [TO_HOST, ANSWERS] = [4, 5];

/** Ways for a task to end its own process, or to make it useless. */
const ENDS: Record<string, () => unknown> = {
  "kills itself": () => Deno.kill(Deno.pid, "SIGKILL"),
  "kills itself, by node:process": () => process.kill(process.pid, "SIGKILL"),
  "aborts": () => process.abort(),
  "exits": () => Deno.exit(0),
  "exits, by node:process": () => process.exit(3),
  "stops itself": () => Deno.kill(Deno.pid, "SIGSTOP"),
  "closes its streams and descriptors": () => [0, 1, 2, TO_HOST, ANSWERS].forEach((fd) => fs.closeSync(fd)),
  "takes away what its runtime uses": () => {
    for (const name of Object.getOwnPropertyNames(globalThis)) {
      try {
        delete (globalThis as Record<string, unknown>)[name];
      } catch { /* It stays. */ }
    }
    Object.defineProperty(Object.prototype, "kind", { get: () => "leave", configurable: true });
    Array.prototype.push = Promise.prototype.then = Uint8Array.prototype.set = () => undefined as never;
  },
  "never lets the event loop turn": () => {
    const again = (): unknown => Promise.resolve().then(again);
    return again();
  },
  "fills its channel": () => {
    const bytes = new Uint8Array(65_536);
    for (;;) fs.writeSync(TO_HOST, bytes);
  },
  "starts workers without end": () => {
    for (;;) new Worker("data:text/javascript,for(;;);", { type: "module" });
  },
  "prints without end": () => {
    const bytes = encoder.encode("x".repeat(65_536));
    for (;;) Deno.stdout.writeSync(bytes);
  },
};

/** Names of {@linkcode ENDS}. */
export const ends: readonly string[] = Object.keys(ENDS);

/** Ends its own process, or makes it useless, in the way that `name` says. */
export function end(name: string): unknown {
  return ENDS[name]();
}

/** Values that could change or run something where they are read. */
const VALUES: Record<string, () => unknown> = {
  "__proto__ as a key": () =>
    JSON.parse('{ "__proto__": { "polluted": 1 }, "constructor": { "prototype": { "polluted": 1 } } }'),
  "a Map with __proto__": () => new Map([["__proto__", { polluted: 1 }]]),
  "a then": () => ({ then: "not a function" }),
  "an inherited then": () => Object.create({ then: (settle: (value: string) => void) => settle("taken") }),
  "a toJSON": () => Object.create({ toJSON: () => ({ polluted: 1 }) }, { own: { value: 1, enumerable: true } }),
  "a getter that throws": () =>
    Object.defineProperty({}, "a", {
      enumerable: true,
      get: () => {
        throw new Error("got");
      },
    }),
  "a getter that ends its process": () => Object.defineProperty({}, "a", { enumerable: true, get: () => Deno.exit(5) }),
  "a Proxy": () => new Proxy({}, { get: () => "trap", ownKeys: () => ["__proto__", "then"] }),
  "a class instance with the kind of a message": () => ({ kind: "result", seq: 0, value: "forged" }),
  "the handle of a shared object": () => ({ "isopool:shared": { kind: "Lock", memory: new Uint8Array(8) } }),
  "a cycle": () => {
    const value: { self?: unknown } = {};
    value.self = value;
    return value;
  },
  "100,000 levels": () => {
    let value: unknown = 1;
    for (let n = 0; n < 100_000; n++) value = [value];
    return value;
  },
  "an array with a length of 4 billion": () => {
    const value: unknown[] = [];
    value.length = 2 ** 32 - 1;
    return value;
  },
  "an error with getters": () => Object.defineProperty(new Error("x"), "message", { get: () => ({ polluted: 1 }) }),
};

/** Names of {@linkcode VALUES}. */
export const values: readonly string[] = Object.keys(VALUES);

/** Returns a value. */
export function giveValue(name: string): unknown {
  return VALUES[name]();
}

/** Throws a value. */
export function throwValue(name: string): never {
  throw VALUES[name]();
}

/** Writes bytes into the channel, then waits until the host has probably read them. */
export async function forge(bytes: Uint8Array): Promise<string> {
  switchToDescriptors();
  for (let written = 0; written < bytes.length;) written += fs.writeSync(TO_HOST, bytes, written);
  await new Promise((resolve) => setTimeout(resolve, 20));
  return "came back";
}

/** Writes lines to both streams as the library writes marks and reports. */
export function imitate(): string {
  for (const text of ["isopool-", "isopool-00000000-0000-4000-8000-000000000000", "isopool- memory", " cpu 0"]) {
    Deno.stdout.writeSync(encoder.encode(`${text}\n`));
    Deno.stderr.writeSync(encoder.encode(`${text}\n`));
  }
  return "came back";
}

/** Leaves traps for the next task of this worker. */
export function setTraps(): void {
  Object.assign(globalThis, { trap: "sprung" });
  (Array.prototype as { trap?: string }).trap = "sprung";
}

/** Returns what an earlier task has left. */
export function findTraps(): unknown[] {
  return [(globalThis as { trap?: string }).trap, ([] as { trap?: string }).trap];
}
