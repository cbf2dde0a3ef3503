/**
 * `Ledger`: all calls of a round, how each may end, how it has ended, and whether both agree.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { type Future, type Settled, WorkerCrashedError } from "../../../mod.ts";
import type { Mark } from "./tasks.ts";

/** How a call may end. */
export interface Allowed {
  /** What it may return; `"nothing"` if it must fail. */
  readonly value: { readonly is: unknown } | "nothing";
  /** Names of the errors with which it may fail: see {@linkcode nameOf}. */
  readonly errors?: readonly string[];
  /** Maximum number of starts: 1 without retry. */
  readonly starts?: number;
  /** Whether it fails when a worker dies that has started it, although it starts more than once. */
  readonly mayBeLost?: boolean;
}

/**
 * Names an error: a lost worker is `crash`, an error of the system has its number, and a `RangeError`, which only tasks
 * throw here, has its message.
 */
export function nameOf(error: unknown): string {
  if (error instanceof WorkerCrashedError) return "crash";
  const [system] = /os error \d+/.exec(String(error)) ?? [];
  if (system) return system;
  if (error instanceof RangeError) return `RangeError: ${error.message}`;
  return error instanceof Error ? error.name : String(error);
}

/** One call. */
export class Call {
  /** Whether its reader may leave it without an end. */
  isLeft = false;
  /** Maximum number of starts. */
  starts: number;
  readonly ends: ({ value: unknown } | { error: unknown })[] = [];

  constructor(readonly id: number, readonly name: string, readonly allowed: Allowed) {
    this.starts = allowed.starts ?? 1;
  }

  fulfilled(value: unknown): void {
    this.ends.push({ value });
  }

  rejected(error: unknown): void {
    this.ends.push({ error });
  }
}

/** What a round allows to all its calls. */
export interface Ambient {
  /** Names of errors. */
  readonly errors: ReadonlySet<string>;
  /** Maximum number of calls that may be lost with a worker although the calls themselves have done no harm. */
  readonly losses: number;
}

/** All calls of a round. */
export class Ledger {
  readonly calls: Call[] = [];
  /** What went wrong besides the ends of calls. */
  readonly problems: string[] = [];

  constructor(readonly file: string) {}

  /** Opens an entry, and gives what its task writes when it starts. */
  open(name: string, allowed: Allowed): { call: Call; mark: Mark } {
    const call = new Call(this.calls.length, name, allowed);
    this.calls.push(call);
    return { call, mark: [this.file, call.id] };
  }

  /** Makes a future, and enters its end. What is thrown instead is the end, too. Gives the id of its worker. */
  async watch(call: Call, submit: () => Future<unknown>): Promise<number | undefined> {
    let future: Future<unknown>;
    try {
      future = submit();
    } catch (error) {
      call.rejected(error);
      return undefined;
    }
    let callbacks = 0;
    future.addDoneCallback(() => callbacks++);
    await future.then((value) => call.fulfilled(value), (error) => call.rejected(error));
    if (callbacks !== 1) this.problems.push(`call ${call.id} ${call.name}: its callback ran ${callbacks} times`);
    return future.workerId;
  }

  /** Enters the outcomes of a map. If the map fails, that is the end of all calls that have none. */
  async collect(calls: readonly Call[], results: () => AsyncIterable<Settled<unknown>>): Promise<void> {
    try {
      for await (const outcome of results()) {
        const call = calls[outcome.index];
        if (outcome.status === "fulfilled") call.fulfilled(outcome.value);
        else call.rejected(outcome.reason);
      }
    } catch (error) {
      for (const call of calls) if (call.ends.length === 0) call.rejected(error);
    }
  }

  /** Returns what is wrong with the calls, when all have ended. */
  check({ errors, losses }: Ambient): string[] {
    const problems = [...this.problems];
    const starts = startsIn(this.file);
    const lost: Call[] = [];
    for (const call of this.calls) {
      const wrong = (what: string) => problems.push(`call ${call.id} ${call.name}: ${what}`);
      const started = starts.get(call.id) ?? 0;
      if (started > call.starts) wrong(`it started ${started} times, ${call.starts} allowed`);
      if (call.ends.length === 0 && call.isLeft) continue;
      if (call.ends.length !== 1) wrong(`it has ${call.ends.length} ends`);
      const [end] = call.ends;
      if (!end) continue;
      if ("value" in end) {
        if (started === 0) wrong("it has a result, and never started");
        const { value } = call.allowed;
        if (value === "nothing") wrong(`it has a result: ${Deno.inspect(end.value)}`);
        else if (!equal(end.value, value.is)) wrong(`its result is ${Deno.inspect(end.value)}`);
      } else {
        const name = nameOf(end.error);
        if (call.allowed.errors?.includes(name) || errors.has(name)) continue;
        const mayBeLost = call.starts === 1 || call.allowed.mayBeLost;
        if (name === "crash" && mayBeLost) lost.push(call);
        else wrong(`it failed: ${Deno.inspect(end.error)}`);
      }
    }
    if (lost.length > losses) {
      const first = lost[0].ends[0] as { error: unknown };
      problems.push(`${lost.length} calls were lost, ${losses} may be: ${lost.map(({ name }) => name).join(", ")}`);
      problems.push(Deno.inspect(first.error));
    }
    return problems;
  }
}

function equal(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || a === null) return Object.is(a, b);
  try {
    assertEquals(a, b);
    return true;
  } catch {
    // They differ.
    return false;
  }
}

/** Reads how often each call has started. */
export function startsIn(file: string): Map<number, number> {
  const starts = new Map<number, number>();
  for (const line of Deno.readTextFileSync(file).split("\n")) {
    if (line !== "") starts.set(Number(line), (starts.get(Number(line)) ?? 0) + 1);
  }
  return starts;
}
