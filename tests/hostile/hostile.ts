/**
 * The hostile tasks, and the assertions that must hold after each attack.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { type Pool, tasks } from "@isopool/isopool";
import { values } from "../fixtures/views.ts";
import { MUST_HAPPEN, within } from "../support/within.ts";

/** Tasks that attack. */
export const hostile = tasks<typeof import("./hostile_tasks.ts")>(import.meta.resolve("./hostile_tasks.ts"));

/** Asserts that the pool works, and that its figures are in range. */
export async function unharmed(pool: Pool): Promise<void> {
  const items = Array.from({ length: 300 }, (_, n) => n);
  assertEquals(
    await within(MUST_HAPPEN, pool.map(values.double, items), "a map after the attack"),
    items.map((n) => 2 * n),
  );
  assertEquals(await within(MUST_HAPPEN, pool.submit(values.echo, { a: [1] }), "a call after the attack"), { a: [1] });
  sane(pool);
}

/** Asserts that each number in the pool's stats is in range, and that no prototype is polluted. */
export function sane(pool: Pool): void {
  const check = (value: unknown, path: string): void => {
    if (typeof value === "number") return assert(value >= 0 && value < 1e15, `stats${path} is ${value}`);
    // The entries of a text are texts again: this would not end.
    if (typeof value === "string") return;
    for (const [key, inner] of Object.entries(value ?? {})) check(inner, `${path}.${key}`);
  };
  check(pool.stats(), "");
  assertEquals((Object.prototype as { polluted?: unknown }).polluted, undefined);
}
