/**
 * Runs the algorithms of lib/shared/steps in every order of their steps. `ISOPOOL_MODEL=long` adds the larger programs
 * (some minutes, 2 GB).
 *
 * @module
 */
import { callsProgram } from "./calls.ts";
import type { Program } from "./world.ts";
import { eventProgram, lockProgram, permitsProgram, releaseManyProgram, semaphoreProgram } from "./locks.ts";
import { machines } from "./machines.ts";
import { barrierProgram, brokenBarrierProgram } from "./barriers.ts";
import { deadPlacesProgram, exactlyProgram, itemsProgram, lostNotificationsProgram } from "./conditions.ts";
import { callMutants } from "./call_mutants.ts";
import { mutants } from "./mutants.ts";
import { ringMutants } from "./ring_mutants.ts";
import { forcedEndMutants } from "./forced_end_mutants.ts";
import { forcedEndProgram } from "./forced_ends.ts";
import { convict, prove } from "./prove.ts";
import { mpmcRingProgram } from "./mpmc_rings.ts";
import { spscRingProgram } from "./spsc_rings.ts";

const programs: Program[] = [
  lockProgram(machines, { rounds: 2 }),
  lockProgram(machines, { deaths: 2, quits: 2 }),
  lockProgram(machines, { recover: false, rounds: 2 }),
  lockProgram(machines, { deaths: 0, losses: 1 }),
  lockProgram(machines, { deaths: 1, losses: 1, quits: 0 }),
  semaphoreProgram(machines, { rounds: 2 }),
  semaphoreProgram(machines, { permits: 2, rounds: 2, quits: 2 }),
  releaseManyProgram(machines),
  permitsProgram(machines, {}),
  permitsProgram(machines, { permits: 2, deaths: 2 }),
  permitsProgram(machines, { deaths: 0, losses: 1 }),
  eventProgram(machines, { quits: 2 }),
  eventProgram(machines, { again: false }),
  exactlyProgram(machines, { waiters: 2, count: 1 }),
  exactlyProgram(machines, { waiters: 2, count: 2 }),
  itemsProgram(machines, {}),
  itemsProgram(machines, { deaths: 0, quits: 1 }),
  lostNotificationsProgram(machines, { lost: 2 }),
  deadPlacesProgram(machines, {}),
  deadPlacesProgram(machines, { threads: 3, deaths: 0 }),
  barrierProgram(machines, { rounds: 1 }),
  barrierProgram(machines, { parties: 2, rounds: 2 }),
  barrierProgram(machines, { parties: 2, rounds: 1, deaths: 0, losses: 1 }),
  brokenBarrierProgram(machines, {}),
  brokenBarrierProgram(machines, { deaths: 1 }),
  brokenBarrierProgram(machines, { by: "abort" }),
  brokenBarrierProgram(machines, { by: "abort", deaths: 1 }),
  callsProgram(machines, {}),
  callsProgram(machines, { deaths: 0, quits: 2 }),
  forcedEndProgram(machines, { culprit: "runs" }),
  forcedEndProgram(machines, { culprit: "left" }),
  spscRingProgram(machines, { sizes: [2, 2, 1, 3, 1, 2, 2] }),
  spscRingProgram(machines, { sizes: [1, 1, 1, 1, 1, 1, 1] }),
  spscRingProgram(machines, { units: 6, sizes: [3, 2, 2, 3, 1, 4, 2, 5, 1] }),
  mpmcRingProgram(machines, { takes: [2], second: false, quits: 2 }),
  mpmcRingProgram(machines, { takes: [1, 1], second: false, quits: 1 }),
  mpmcRingProgram(machines, { takes: [3], quits: 1, deaths: 0 }),
  mpmcRingProgram(machines, { takes: [3] }),
  mpmcRingProgram(machines, { takes: [2, 2], second: false, closes: true, capacity: 4 }),
];

const long: Program[] = [
  lockProgram(machines, { threads: 4 }),
  lockProgram(machines, { rounds: 3 }),
  exactlyProgram(machines, { waiters: 3, count: 2 }),
  itemsProgram(machines, { quits: 1 }),
  lostNotificationsProgram(machines, { lost: 1 }),
  deadPlacesProgram(machines, { threads: 3 }),
  barrierProgram(machines, { rounds: 2, quits: 0 }),
  mpmcRingProgram(machines, { takes: [3, 3], second: false, closes: true }),
  mpmcRingProgram(machines, { takes: [2, 1], second: false, quits: 2 }),
  mpmcRingProgram(machines, { takes: [2, 1], deaths: 0 }),
];

for (const program of programs) prove(program);
if (Deno.env.get("ISOPOOL_MODEL") === "long") { for (const program of long) prove(program, 12_000_000); }

for (const mutant of [...mutants, ...ringMutants, ...callMutants, ...forcedEndMutants]) convict(mutant);
