/**
 * Registers the tests that are made of programs and of mutants.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { explore } from "./explorer.ts";
import { type Machines, machines } from "./machines.ts";
import type { Program } from "./world.ts";

/** A mistake, and a program in which it shows. */
export interface Mutant {
  name: string;
  machines: Partial<Machines>;
  program: (machines: Machines) => Program;
}

/** Registers the test that a program holds in every order of its steps. */
export function prove(program: Program, limit?: number): void {
  Deno.test(`holds in every order: ${program.name}`, () => {
    const { states, ends, violation, trace } = explore(program, limit);
    console.log(`      ${states} states, ${ends} ends`);
    assertEquals(violation, undefined, `${violation} after:\n${trace.join("\n")}`);
    assert(states > 100 && ends > 0, "the program has hardly any states");
  });
}

/** Registers the test that the explorer finds a mistake. */
export function convict({ name, machines: replaced, program }: Mutant): void {
  Deno.test(`the explorer finds ${name}`, () => {
    const { violation, trace } = explore(program({ ...machines, ...replaced }));
    console.log(`      ${violation}, after ${trace.length} steps`);
    assert(violation !== undefined, "not found");
  });
}
