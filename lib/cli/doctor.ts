/**
 * `isopool doctor`: what this machine and this runtime let the library do. Each line is a trial, not a guess.
 *
 * @module
 */
import { type BackendName, cpuCount, inline, Pool, type PoolOptions } from "../../mod.ts";
import { performance } from "../core/platform.ts";
import { failureText, refusalText } from "./failures.ts";
import { cgroupLimits, freeMemory } from "./machine.ts";
import { Writer } from "./writer.ts";

/** The oldest runtime that the library works with. */
const OLDEST = [2, 9];
/** Milliseconds after which a task without an end is stopped, and at which it must have ended. */
const LIMIT = 100;
const MUST_END = 5_000;
const MIB = 2 ** 20;

const double = inline((n: number) => 2 * n);
const spin = inline((): void => {
  for (;;);
});

/** Runs the command. Returns 0 if all is well, else 1. */
export async function runDoctor(): Promise<number> {
  const writer = new Writer(Deno.stdout);
  let isWell = true;
  const tell = async (what: string, ok: boolean, finding: string) => {
    isWell &&= ok;
    writer.add(`${ok ? "ok  " : "FAIL"} ${what.padEnd(18)} ${finding}\n`);
    await writer.flush();
  };
  const [major, minor] = Deno.version.deno.split(".").map(Number);
  const isNew = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
  await tell(
    "Deno",
    isNew,
    `${Deno.version.deno}, V8 ${Deno.version.v8}, ${Deno.build.target}: ${OLDEST.join(".")} or newer`,
  );
  await tell("machine", true, machine());
  for (const [what, options] of TRIALS) await tell(what, ...await trial(options));
  await tell(...await scope());
  return isWell ? 0 : 1;
}

const TRIALS: [string, PoolOptions][] = [
  ["backend worker", { backend: "worker" }],
  ["backend process", { backend: "process" }],
  ["backend async", { backend: "async" }],
];

function machine(): string {
  const { memory, cores, processes } = cgroupLimits();
  const limits = [
    cores !== undefined && `${cores} cores`,
    memory !== undefined && `${Math.round(memory / MIB)} MiB`,
    processes !== undefined && `${processes} threads`,
  ].filter((each) => each !== false);
  const free = `${Math.round(freeMemory() / MIB)} MiB of memory free`;
  return `${cpuCount()} cores, ${free}; limits of the control group: ${limits.join(", ") || "none"}`;
}

// A first result, and on workers a task without an end that must be stopped.
async function trial(options: PoolOptions): Promise<[boolean, string]> {
  try {
    const start = performance.now();
    await using pool = new Pool<BackendName>({ ...options, workers: 1, killGrace: 0 });
    await pool.submit(double, 1);
    const first = `first result after ${Math.round(performance.now() - start)} ms`;
    const able = Object.entries(pool.capabilities).filter(([, value]) => value === true).map(([name]) => name).join(
      ", ",
    );
    if (!pool.capabilities.forcedKill) return [true, `${first}; cannot stop a task by force; can: ${able}`];
    const stop = performance.now();
    const error = await pool.submit(spin.with({ timeout: LIMIT })).exception();
    const took = performance.now() - stop;
    const stopped = `a loop without an end was stopped ${Math.round(took - LIMIT)} ms after its limit`;
    const isStopped = error !== undefined && took < MUST_END && pool.stats().workers.abandoned === 0;
    return isStopped ? [true, `${first}; ${stopped}; can: ${able}`] : [false, `${first}; a loop could not be stopped`];
  } catch (error) {
    return [false, failureText(error)];
  }
}

// Permissions of threads need a flag; without it, the command line still can use processes.
async function scope(): Promise<[string, boolean, string]> {
  const what = "worker-options";
  try {
    await using pool = new Pool({ permissions: "none", workers: 1 });
    await pool.submit(double, 1);
    return [what, true, "threads take permissions (--allow-*, --deny-*)"];
  } catch (error) {
    return [what, true, `off: ${refusalText(error)}`];
  }
}
