/**
 * The fault harness: rounds of mixed work while faults are injected, each followed by checks. A seed replays the same plan
 * of work and faults.
 *
 *   deno task soak:faults --backend threads|scoped|process|async|cluster --seed N --rounds N
 *
 * All backends by default, a random seed, 20 rounds. A round has the seed after that of the round before it. It needs
 * Linux. As root it mounts a small disk; with libfaketime (`apt-get install faketime`) the clock steps.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { integerOf, refuse } from "../../kit/arguments.ts";
import { EXIT_CODES, planInterruption } from "./interrupted.ts";
import { BACKEND_KINDS, type BackendKind, isInterrupted, LOT, makePlan, settingOf } from "./plan.ts";
import { faketime, type Places, withPlaces } from "./places.ts";
import { startRig } from "./round.ts";
import { WatchedProgram } from "./watch.ts";

/** Limit of open descriptors in the setting "descriptors". */
const MAX_FILES = 256;

/** Totals of the rounds that were run. */
export interface Totals {
  rounds: number;
  calls: number;
  workersStarted: number;
  failures: number;
}

/** Runs rounds on a backend, prints a line for each, and returns their totals. */
export async function soak(backend: BackendKind, seed: number, rounds: number): Promise<Totals> {
  const totals: Totals = { rounds: 0, calls: 0, workersStarted: 0, failures: 0 };
  const fail = (failed: number, problems: readonly string[]) => {
    totals.failures++;
    console.log(`${backend}: round ${failed} FAILED\n${problems.map((each) => `  - ${each}`).join("\n")}`);
    console.log(`  again: deno task soak:faults --backend ${backend} --seed ${failed} --rounds 1`);
  };
  await withPlaces(async (places) => {
    for (let next = seed; next < seed + rounds;) {
      if (isInterrupted(next)) {
        const problems = await interrupt(backend, next, places, totals);
        totals.rounds++;
        if (problems.length > 0) fail(next, problems);
        next++;
        continue;
      }
      const end = Math.min(seed + rounds, Math.floor(next / LOT) * LOT + LOT - 1);
      next = await runLot(backend, next, end, places, totals, fail);
    }
  });
  return totals;
}

/** Runs the rounds from one seed to another in one program, until one fails; returns the seed after the last one. */
async function runLot(
  backend: BackendKind,
  first: number,
  end: number,
  { folder, disk }: Places,
  totals: Totals,
  fail: (seed: number, problems: readonly string[]) => void,
): Promise<number> {
  const setting = settingOf(first);
  // Keys of a Redis expire by its clock: a step would expire them all.
  const clock = setting === "clock" && faketime && backend !== "cluster" ? `${folder}/clock` : undefined;
  if (clock) Deno.writeTextFileSync(clock, "+0\n");
  const seeds = Array.from({ length: end - first }, (_, i) => first + i);
  const program = new WatchedProgram({
    module: "program.ts",
    options: { backend, seeds, folder, disk, clock },
    env: clock ? faketime!(clock) : {},
    maxFiles: setting === "descriptors" ? MAX_FILES : undefined,
  });
  let current = first - 1;
  let failed: readonly string[] = [];
  const { code, signal, errors, orphans } = await program.watch((line) => {
    if ("begin" in line) {
      current = line.begin;
      freeze(program, backend, current);
      return;
    }
    totals.rounds++;
    totals.calls += line.calls;
    totals.workersStarted += line.workersStarted;
    failed = line.problems;
    if (failed.length === 0) console.log(`${backend}: round ${current} ok, ${line.calls} calls, ${setting}`);
  });
  const problems = [...failed];
  if (code !== 0) problems.push(`the program ended with code ${code}, signal ${signal}`);
  problems.push(...orphans.map((orphan) => `it left a process behind: ${orphan}`));
  if (problems.length > 0) fail(Math.max(first, current), [...problems, `stderr: ${errors}`]);
  return Math.max(first, current) + 1;
}

/** Freezes the whole program, as its plan says. */
function freeze(program: WatchedProgram, backend: BackendKind, seed: number): void {
  for (const { kind, at, ms } of makePlan(backend, seed).faults) {
    if (kind !== "freezeProgram") continue;
    setTimeout(() => program.signal("SIGSTOP"), at);
    setTimeout(() => program.signal("SIGCONT"), at + ms);
  }
}

/** Runs a program that a signal ends; returns what was wrong. */
async function interrupt(
  backend: BackendKind,
  seed: number,
  { folder }: Places,
  totals: Totals,
): Promise<string[]> {
  const { signal, drains, isTwice, at } = planInterruption(seed);
  await using rig = backend === "cluster" ? await startRig() : undefined;
  const program = new WatchedProgram({
    module: "interrupted.ts",
    options: { backend, seed, folder, redis: rig?.address },
  });
  let problems: string[] = ["it did not begin"];
  let isSent = false;
  let hasEnded = false;
  const end = await program.watch((line) => {
    if ("end" in line) {
      hasEnded = true;
      totals.calls += line.calls;
      totals.workersStarted += line.workersStarted;
      problems.push(...line.problems);
      return;
    }
    problems = [];
    setTimeout(() => {
      isSent = !hasEnded;
      if (hasEnded) return;
      program.signal(signal);
      if (isTwice) setTimeout(() => program.signal(signal), 30);
    }, at);
  });
  const how = `${signal}${isTwice ? " twice" : ""}${drains ? ", its pool drains" : ""}`;
  if (isSent) {
    const { code, signal: died } = end;
    const isRight = drains ? code === EXIT_CODES[signal as "SIGINT" | "SIGTERM"] : died === signal;
    // The signal may come when the pool has ended, and its last line is on the way: the program has nothing to drain.
    const wasOver = hasEnded && (code === 0 || died === signal);
    if (!isRight && !wasOver) problems.push(`${how} after ${at} ms: it ended with code ${code}, signal ${died}`);
    if (drains && !isTwice && !hasEnded) problems.push(`${how} after ${at} ms: its work did not come to an end`);
  }
  problems.push(...end.orphans.map((orphan) => `${how}: it left a process behind: ${orphan}`));
  if (problems.length === 0) console.log(`${backend}: round ${seed} ok, ${how} after ${at} ms`);
  else problems.push(`stderr: ${end.errors}`);
  return problems;
}

if (import.meta.main) {
  const args = parseArgs(Deno.args, {
    string: ["backend", "seed", "rounds"],
    unknown: (arg: string) => refuse(`No such option: ${arg}`),
  });
  const backends = args.backend === undefined ? BACKEND_KINDS : [args.backend as BackendKind];
  if (!backends.every((each) => BACKEND_KINDS.includes(each))) {
    refuse(`--backend is ${args.backend}: it takes ${BACKEND_KINDS.join(", ")}`);
  }
  const seed = integerOf("--seed", args.seed, Math.floor(Math.random() * 1e6), 0);
  const rounds = integerOf("--rounds", args.rounds, 20);
  let failures = 0;
  for (const backend of backends) {
    console.log(`${backend}: seed ${seed}`);
    const totals = await soak(backend, seed, rounds);
    failures += totals.failures;
    console.log(`${backend}: ${JSON.stringify(totals)}`);
  }
  if (failures > 0) Deno.exit(1);
}
