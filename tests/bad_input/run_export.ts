/**
 * Gives bad values to one export, one parameter or option at a time, in a process of its own. Prints a line of JSON: how many
 * cases ran, and the failures.
 *
 * ```sh
 * deno run -A --import-map=npm.import_map.json tests/bad_input/run_export.ts mod.ts Queue 0.1 42           # a tenth, seed 42
 * deno run -A --import-map=npm.import_map.json tests/bad_input/run_export.ts mod.ts Queue 'put limits.timeout = NaN'
 * ```
 *
 * @module
 */
import { isPromise, isProxy } from "node:util/types";
import { Future, IsopoolError } from "@isopool/isopool";
import { workerThreads } from "../support/leaks.ts";
import { onLinux } from "../support/proc.ts";
import { random } from "../support/random.ts";
import { type Callable, CALLABLES, ENTRIES, surface } from "./surface.ts";
import { CallersError, VALUES } from "./values.ts";
import { BESIDE, endCalls, instanceFor, INSTANCES, NOT_OURS, PLATFORM, release, validValue } from "./valid_calls.ts";

// deno-lint-ignore no-explicit-any -- values of any type
type Any = any;

/** What a process prints. */
export interface Report {
  cases: number;
  failures: string[];
}

/** Milliseconds after which a call that has not settled is taken for one that hangs. */
const SETTLES = 10_000;
/** Items that are read of what can be iterated: an input may have no end. */
const READ = 10;
/** Longest time limit that a call on this thread may be given, which would block the process. */
const MAX_BLOCK = 1_000;

/** Messages of the engine and the runtime: they do not say which parameter is meant, nor what it takes. */
const FOREIGN = new RegExp(
  [
    "is not a function",
    "is not (async )?iterable",
    "is not a constructor",
    "is not defined",
    "is not extensible",
    "Cannot read propert",
    "Cannot set propert",
    "Cannot convert",
    "Cannot destructure",
    "Cannot mix BigInt",
    "Cannot perform",
    "Cannot assign",
    "Cannot access",
    "called on (incompatible|null)",
    "Illegal invocation",
    "private (field|member|method)",
    "Invalid array length",
    "Invalid typed array length",
    "Array buffer allocation failed",
    "Reduce of empty",
    "Invalid time value",
    "Converting circular",
    "could not be cloned",
    "Maximum call stack",
    "expected typeof",
    "Invalid URL",
    "object null",
    "of undefined",
    "must be of type",
  ].join("|"),
  "i",
);

const failures: string[] = [];
let current = "";
let cases = 0;

for (const type of ["error", "unhandledrejection"]) {
  addEventListener(type, (event) => {
    event.preventDefault();
    const { error, reason } = event as Any;
    const cause = reason ?? error;
    // A class that is called as a callback throws; that is the caller's.
    const isCallers = cause instanceof CallersError || /^Class constructor/.test(cause?.message);
    if (!isCallers) failures.push(`${current}: uncaught: ${cause?.stack ?? cause}`);
  });
}

/** Throws, unless this is an error that a caller can understand. */
function assertUnderstood(error: unknown): void {
  if (error instanceof CallersError) return;
  if (error instanceof DOMException && error.name === "AbortError") return;
  const { name, message } = error as Error;
  const isKind = error instanceof TypeError || error instanceof RangeError || error instanceof IsopoolError;
  if (!isKind) {
    // The library does not word the errors of tasks, of the caller's functions and of the file system.
    if (error instanceof AggregateError || /\(os error \d+\)/.test(message)) return;
    throw new Error(`${name ?? typeof error}: ${message ?? error}`);
  }
  // What the IsopoolError tells of somebody else's error may be in that one's words.
  if (FOREIGN.test(message.split(": ").slice(0, 2).join(": ")) && !/^Cannot \w+.*`\w+/.test(message)) {
    throw new Error(`not our message: ${(error as Error).stack}`);
  }
}

/** Waits for what a call has returned. What can be iterated is not awaited: it may have no end. */
async function settle(value: Any): Promise<void> {
  if (typeof value !== "object" || value === null || isProxy(value)) return;
  if (typeof value[Symbol.asyncIterator] === "function" && !(value instanceof ReadableStream)) {
    let read = 0;
    for await (const _ of value) {
      if (++read >= READ) break;
    }
  } else if (isPromise(value) || value instanceof Future) return await settle(await value);
  await release(value);
}

async function assertSettles(returned: unknown): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`hangs: not settled within ${SETTLES} ms`)), SETTLES);
  });
  const settled = settle(returned);
  settled.catch(() => {});
  try {
    await Promise.race([settled.catch(assertUnderstood), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Calls, with `value` for the parameter at `index`, or for the option of it at `path`. */
function call(module: Any, callable: Callable, index: number, path: readonly string[], value: unknown): unknown {
  const { owner, method, kind, params } = callable;
  const self = kind === "function" || kind === "constructor" ? module[owner] : instanceFor(callable);
  const args = params.map(({ name }, i) => i === index && path.length === 0 ? value : validValue(callable, name, self));
  if (path.length > 0) args[index] = withOption(args[index], path, value);
  if (kind === "function") return self(...args);
  if (kind === "constructor") return new self(...args);
  if (kind === "setter") return self[method!] = args[0];
  return member(self, method!).apply(self, args);
}

function member(self: Any, name: string): Any {
  const symbol = /^\[Symbol\.(\w+)\]$/.exec(name)?.[1];
  return symbol === undefined ? self[name] : self[(Symbol as Any)[symbol]];
}

function withOption(base: Any, [name, ...rest]: readonly string[], value: unknown): unknown {
  const options = typeof base === "object" && base !== null ? base : {};
  const inner = rest.length === 0 ? value : withOption({ ...BESIDE[name] }, rest, value);
  // Defined, not assigned: an option's name may be that of a setter.
  return Object.defineProperty({ ...options }, name, { value: inner, enumerable: true });
}

/** Asks the library itself for the names of the options at a path, by one that does not exist. */
async function optionsAt(module: Any, callable: Callable, index: number, path: readonly string[]): Promise<string[]> {
  let message = "";
  try {
    const returned = call(module, callable, index, [...path, "noSuchOption"], 1);
    await Promise.race([settle(returned), new Promise((resolve) => setTimeout(resolve, 200))]);
  } catch (error) {
    message = String((error as Error)?.message);
  }
  return /noSuchOption.*the (?:options|kinds|fields) are (.+)$/.exec(message)?.[1].split(", ") ?? [];
}

interface Place {
  readonly callable: Callable;
  readonly index: number;
  readonly path: readonly string[];
}

async function places(module: Any, callables: readonly Callable[]): Promise<Place[]> {
  const found: Place[] = [];
  for (const callable of callables.filter(({ method }) => !PLATFORM.has(method))) {
    for (const index of callable.params.keys()) {
      found.push({ callable, index, path: [] });
      for (const name of await optionsAt(module, callable, index, [])) {
        found.push({ callable, index, path: [name] });
        for (const inner of await optionsAt(module, callable, index, [name])) {
          found.push({ callable, index, path: [name, inner] });
        }
      }
    }
  }
  return found;
}

function nameOf({ callable: { method, params }, index, path }: Place, value: string): string {
  return `${method ?? "()"} ${[params[index].name, ...path].join(".")} = ${value}`;
}

/** Whether a case would rightly wait for ever, block this thread, or fail in the engine. */
function waits({ callable: { owner, method }, path }: Place, value: string): boolean {
  const isLong = ["undefined", "Infinity", "1e9", "2**53", "{}", "Object.create(null)"].includes(value);
  if (owner === "Condition") {
    if (/^wait/.test(method ?? "")) return isLong || path.at(-1) === "signal";
    return method?.endsWith("Sync") === true && Number(value) > MAX_BLOCK;
  }
  if (owner === "tune") return path.at(-1) === "duration" && isLong;
  // A promise cannot have it as its value.
  return owner === "stages" && value === "[a revoked proxy]";
}

const [entry, owner, share, seed = "1"] = Deno.args;
const known = Deno.env.get(CALLABLES);
const callables: Callable[] | undefined = known ? JSON.parse(known) : (await surface(entry)).get(owner);
if (callables === undefined) throw new Error(`${entry} exports no ${owner} that takes values`);
if (share === undefined) throw new Error("give the share of the cases to run, or the name of one");
const needsSelf = callables.some(({ kind }) => kind === "method" || kind === "setter");
if (needsSelf && !(owner in INSTANCES) && !(owner in NOT_OURS)) {
  throw new Error(`${owner}: no way to make one: add it to INSTANCES, or to NOT_OURS`);
}
const folder = await Deno.makeTempDir({ prefix: "isopool-bad-input-" });
Deno.chdir(folder);
const module = await import(ENTRIES[entry]);
const next = random(Number(seed));
const all = owner in NOT_OURS ? [] : await places(module, callables);
for (const place of all) {
  for (const [name, make] of Object.entries(VALUES)) {
    const title = nameOf(place, name);
    const isChosen = Number.isNaN(Number(share)) ? title.startsWith(share) : next() < Number(share);
    if (!isChosen || waits(place, name)) continue;
    current = `${owner}: ${title}`;
    cases++;
    try {
      let returned: unknown;
      try {
        returned = call(module, place.callable, place.index, place.path, make());
        // An object that was constructed may be iterated for ever.
        if (place.callable.kind === "constructor") {
          await release(returned);
          continue;
        }
      } catch (error) {
        assertUnderstood(error);
        continue;
      }
      await assertSettles(returned);
    } catch (error) {
      failures.push(`${current}: ${(error as Error).message}`);
    }
  }
}
if (cases === 0 && Number.isNaN(Number(share)) && !(owner in NOT_OURS)) failures.push(`${owner} has no case ${share}`);
current = `${owner}: the end`;
await endCalls();
const end = performance.now() + SETTLES;
while (onLinux && workerThreads() > 0 && performance.now() < end) {
  await new Promise((resolve) => setTimeout(resolve, 20));
}
if (onLinux && workerThreads() > 0) failures.push(`${owner}: ${workerThreads()} threads of workers are left`);
Deno.chdir("/");
await Deno.remove(folder, { recursive: true });
console.log(JSON.stringify({ cases, failures } satisfies Report));
Deno.exit(0);
