/** Tasks of the tests of backend "process". */
import { writeSync } from "node:fs";
import type { Queue } from "../../mod.ts";
import { switchToDescriptors } from "../support/descriptors.ts";
import { context } from "../../workers/context.ts";

/** Appends a line to a file when it starts, works for some milliseconds, and returns its number. */
export function mark(file: string, id: number): number {
  Deno.writeTextFileSync(file, `${id}\n`, { append: true });
  for (const end = performance.now() + 2; performance.now() < end;);
  return id;
}

/** Starts a process that sleeps, prints nothing, and spins for ever. */
export function spinBeside(report: string): never {
  const child = new Deno.Command("/bin/sleep", { args: ["1000"], stdin: "null", stdout: "inherit" }).spawn();
  Deno.writeTextFileSync(`${report}.new`, `${Deno.pid} ${child.pid}`);
  Deno.renameSync(`${report}.new`, report);
  for (;;);
}

/** Starts a browser with a profile in a folder, and spins for ever. */
export function browse(folder: string): never {
  const args = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${folder}`, "about:blank"];
  const options = { stdin: "null", stdout: "null", stderr: "null" } as const;
  new Deno.Command("chromium", { args: ["--remote-debugging-port=0", ...args], ...options }).spawn();
  for (;;);
}

/** Returns the descriptors that a task can use without a permission. */
export async function descriptors(): Promise<number[]> {
  const { fstatSync } = await import("node:fs");
  return Array.from({ length: 64 }, (_, fd) => fd).filter((fd) => {
    try {
      return fstatSync(fd) !== undefined;
    } catch {
      return false;
    }
  });
}

/** Writes bytes into the channel to the host. */
export function forge(bytes: Uint8Array): number {
  switchToDescriptors();
  for (let written = 0; written < bytes.length;) written += writeSync(4, bytes, written);
  return bytes.length;
}

/** Returns what the worker sees of its surroundings. */
export function surroundings(): { env: Record<string, string>; cwd: string } {
  return { env: Deno.env.toObject(), cwd: Deno.cwd() };
}

/** Fills the heap. */
export function fillHeap(): never {
  const kept: unknown[] = [];
  for (;;) kept.push(new Array(1_000).fill({}));
}

/** Keeps ever more buffers, and lets the event loop turn. */
export async function fillBuffers(): Promise<never> {
  const kept: unknown[] = [];
  for (;;) {
    kept.push(new Uint8Array(2 ** 24).fill(1));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Returns the number of bytes of an argument. */
export function sizeOf(bytes: Uint8Array): number {
  return bytes.length;
}

/** Returns its argument. */
export function echo<T>(value: T): T {
  return value;
}

/** Throws an error. */
export function fail(reason: string): never {
  throw new RangeError(reason);
}

/** Prints in every way. */
export async function printAll(id: number): Promise<number> {
  const { default: process } = await import("node:process");
  const bytes = (text: string) => new TextEncoder().encode(text);
  console.log(`log ${id}`);
  console.error(`error ${id}`);
  await Deno.stdout.write(bytes(`write ${id}\n`));
  Deno.stdout.writeSync(bytes(`writeSync ${id}\n`));
  Deno.stderr.writeSync(bytes(`err writeSync ${id}\n`));
  process.stdout.write(`process ${id}\n`);
  console.log("x".repeat(100_000));
  // It inherits stdin, too: `cat` ends at once.
  const child = new Deno.Command("/bin/sh", { args: ["-c", `/bin/cat; echo program ${id}`], stdin: "inherit" }).spawn();
  await child.status;
  return id;
}

/** Starts a process that sleeps, yields once, and spins for ever. */
export function* spinBesideAfterItem(): Generator<number> {
  new Deno.Command("/bin/sleep", { args: ["1000"], stdin: "null", stdout: "inherit" }).spawn();
  yield 1;
  for (;;);
}

/** Returns the environment. */
export function variables(): Record<string, string> {
  return Deno.env.toObject();
}

/** Writes the id of its process into a file, and never ends. */
export function reportAndSpin(report: string): never {
  Deno.writeTextFileSync(report, String(Deno.pid));
  for (;;);
}

/** What a task can do where its worker has connected. */
export interface Reach {
  /** Whether the address is one of a port. */
  isPort: boolean;
  /** What succeeded, or is granted. */
  found: string[];
}

/** Tries to use, or to get again, what the worker needed to connect. */
export async function reachHost(): Promise<Reach> {
  const { address } = JSON.parse(/"connection":(\{.*?\}),"grants"/.exec(decodeURIComponent(Deno.mainModule))![1] + "}");
  const isPort = address.transport === "tcp";
  const folder = isPort ? "" : address.path.replace(/\/s$/, "");
  const attempts: Record<string, () => unknown> = {
    connect: () => Deno.connect(address),
    listen: () => Deno.listen(address).close(),
    "ask for net": () =>
      ask({ name: "net", host: isPort ? `${address.hostname}:${address.port}` : `unix:${address.path}` }),
    ...isPort ? {} : {
      stat: () => Deno.lstatSync(address.path),
      "read folder": () => Deno.lstatSync(folder),
      "write folder": () => Deno.mkdirSync(`${folder}-2`),
      write: () => Deno.writeTextFileSync(address.path, ""),
      "ask for read": () => ask({ name: "read", path: address.path }),
      "ask for write": () => ask({ name: "write", path: address.path }),
    },
  };
  const found: string[] = [];
  for (const [name, attempt] of Object.entries(attempts)) {
    try {
      await attempt();
      found.push(name);
    } catch (error) {
      // Permitted, but there is nothing any more.
      if (!(error instanceof Deno.errors.NotCapable)) found.push(`${name}: ${(error as Error).name}`);
    }
  }
  return { isPort, found };
}

function ask(permission: Deno.PermissionDescriptor): void {
  const states = [Deno.permissions.querySync(permission), Deno.permissions.requestSync(permission)];
  if (states.every(({ state }) => state !== "granted")) throw new Deno.errors.NotCapable();
}

/** Returns those of these permissions that the worker has. */
export function granted(scope: Record<string, true | string[]>): Record<string, true | string[]> {
  const has = (name: string, value?: string) =>
    Deno.permissions.querySync((name === "net" ? { name, host: value } : { name, path: value }) as never).state ===
      "granted";
  const kept = Object.entries(scope).map(([name, list]) =>
    [name, list === true ? has(name) : list.filter((value) => has(name, value))] as [string, true | string[]]
  );
  return Object.fromEntries(kept);
}

/** Reports progress, without letting the event loop turn, until there is a file. Returns the last report. */
export function reportUntil(file: string): number {
  for (let n = 1;; n++) {
    context.progress(n);
    for (const end = performance.now() + 17; performance.now() < end;);
    if (exists(file)) return n;
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** Puts numbers into a queue without waiting, then takes them while the thread blocks. */
export function putThenGet(queue: Queue<number>, count: number): number[] {
  for (let n = 0; n < count; n++) void queue.put(n);
  return Array.from({ length: count }, () => queue.getSync());
}

/** Returns bytes, and changes them as soon as it can. */
export function returnThenChange(length: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(1);
  queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => bytes.fill(2))));
  setTimeout(() => bytes.fill(2), 0);
  return bytes;
}

let count = 0;

/** Starts to count milliseconds, as far as the event loop turns. */
export function startTicks(): void {
  setInterval(() => count++, 1);
}

/** How many were counted. */
export const ticks = (): number => count;
