/**
 * What the program of the harness has besides memory: after each round it must have what it had before.
 *
 * @module
 */
import { activeWorkers } from "../../../mod.ts";
import { processCpu } from "../../../tests/support/proc.ts";
import { workerThreads } from "../../../tests/support/leaks.ts";
import { childrenOf } from "../processes.ts";
import { pause } from "./work.ts";

/** Counts of what a program can leave behind. */
export interface State {
  /** Workers, as the library counts them. */
  readonly workers: number;
  /** Threads of workers, as the system shows them. */
  readonly threads: number;
  readonly processes: number;
  readonly descriptors: number;
  /** The runtime's resources. */
  readonly resources: number;
  /** Web Locks, held and waited for. */
  readonly locks: number;
}

/** Counts now. */
export async function stateNow(): Promise<State> {
  const { internal } = Deno as unknown as { internal: symbol };
  const { core } = (Deno as unknown as Record<symbol, { core: { resources(): object } }>)[internal];
  const { locks } = navigator as unknown as { locks: { query(): Promise<{ held: unknown[]; pending: unknown[] }> } };
  const { held, pending } = await locks.query();
  return {
    workers: activeWorkers(),
    threads: workerThreads(),
    processes: childrenOf(Deno.pid).length,
    descriptors: [...Deno.readDirSync("/proc/self/fd")].length,
    resources: Object.keys(core.resources()).length,
    locks: held.length + pending.length,
  };
}

/** Waits until the counts stay the same, and returns them. */
export async function settledState(): Promise<State> {
  for (let last = "";;) {
    const state = await stateNow();
    const text = JSON.stringify(state);
    if (text === last) return state;
    last = text;
    await pause(200);
  }
}

/** Waits until no count is above what it was; returns what is left after `ms` milliseconds. */
export async function leftOver(before: State, ms: number): Promise<string[]> {
  for (const end = performance.now() + ms;;) {
    const now = await stateNow();
    const more = (Object.keys(before) as (keyof State)[]).filter((key) => now[key] > before[key]);
    if (more.length === 0) return [];
    if (performance.now() > end) return more.map((key) => `${key}: ${before[key]} before, ${now[key]} after`);
    await pause(10);
  }
}

/** The share of a core that an idle program may use: its event loop turns, and the harness looks at it. */
const IDLE = 0.1;

/** Returns the share of a core that the program uses while nothing is to be done, if that is too much. */
export async function restlessness(): Promise<string[]> {
  let share = 1;
  // What was freed may still be collected.
  for (let tries = 0; tries < 5; tries++) {
    const [cpu, start] = [processCpu(), performance.now()];
    await pause(200);
    share = (processCpu() - cpu) / (performance.now() - start);
    if (share <= IDLE) return [];
  }
  return [`the program uses ${share.toFixed(2)} of a core at rest`];
}
