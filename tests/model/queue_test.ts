/**
 * Runs the algorithms of lib/queue/steps in every order of their steps. `ISOPOOL_MODEL=long` adds the larger programs
 * (4 minutes; --v8-flags=--max-old-space-size=5000).
 *
 * @module
 */
import { machines } from "./machines.ts";
import { pipeProgram } from "./pipes.ts";
import { convict, prove } from "./prove.ts";
import { queueMutants } from "./queue_mutants.ts";
import { queueProgram } from "./queues.ts";
import { selectProgram } from "./selects.ts";
import type { Program } from "./world.ts";

const programs: Program[] = [
  pipeProgram(machines, { checks: 3, deaths: 2 }),
  // Pages are reused, and records lie on several pages.
  queueProgram(machines, { puts: [[1, 1, 1]], takes: [3], pages: 2, deaths: 2 }),
  queueProgram(machines, { puts: [[2, 2, 2]], takes: [3], deaths: 2 }),
  queueProgram(machines, { puts: [[2], [2]], takes: [2] }),
  queueProgram(machines, { puts: [[1], [1]], takes: [2], pages: 2, shift: 1, capacity: 1 }),
  // Deliveries: two consumers, a thread that collects lost items, and a thread that gets the row of a dead one.
  queueProgram(machines, { puts: [[1, 1]], takes: [2], pages: 2, collects: 1 }),
  queueProgram(machines, { puts: [[1, 1, 1]], takes: [3], acknowledges: true, deaths: 2 }),
  queueProgram(machines, { puts: [[1, 1]], takes: [1, 1], pages: 2, reusesRow: true, deaths: 2 }),
  queueProgram(machines, { puts: [[1, 1]], takes: [1, 1], pages: 2, closes: true }),
  selectProgram(machines, { puts: [1, 1], deaths: 0, quits: 2 }),
  selectProgram(machines, { puts: [1, 1], deaths: 1, quits: 0, consumers: 0 }),
];

const long: Program[] = [
  selectProgram(machines, { puts: [1, 2], deaths: 0, quits: 0 }),
  queueProgram(machines, { puts: [[2, 2, 2]], takes: [2, 1] }),
  queueProgram(machines, { puts: [[1, 1]], takes: [2], pages: 2, collects: 1, deaths: 2 }),
  queueProgram(machines, { puts: [[1, 1]], takes: [2, 1], pages: 2, closes: true }),
  queueProgram(machines, { puts: [[1]], takes: [1, 1], pages: 2, collects: 1 }),
  selectProgram(machines, { puts: [1, 1], quits: 0 }),
  selectProgram(machines, { puts: [1, 2], closes: true, deaths: 0 }),
  selectProgram(machines, { puts: [1, 2], deaths: 0 }),
];

for (const program of programs) prove(program);
if (Deno.env.get("ISOPOOL_MODEL") === "long") { for (const program of long) prove(program, 12_000_000); }
for (const mutant of queueMutants) convict(mutant);
