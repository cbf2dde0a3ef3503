/**
 * Checks what a cluster guarantees, with real hosts, a real Redis and real deaths. Prints a table.
 *
 *   deno task soak:cluster [--rounds N] [ITEM...]
 *
 * ITEM: runs the items whose names begin with it; without any, all items. N: how often a kill is repeated (20).
 *
 * It needs Linux and redis-server; the item `network` needs root as well. Exit code 1 if an item does not hold, 2 if none
 * was run.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { noRedis } from "../../tests/support/redis.ts";
import { integerOf, refuse, unknown } from "../kit/arguments.ts";
import { CALLS } from "./cluster_calls.ts";
import { LOSSES } from "./cluster_losses.ts";
import { NETWORK } from "./cluster_network.ts";

/** The result of an item. */
export interface Measured {
  measured: string;
  /** `undefined` if it could not be done here: `measured` is the reason. */
  ok: boolean | undefined;
}

/** A guarantee. */
export interface Item {
  readonly name: string;
  readonly required: string;
  /** Measures it. `rounds` is how often, where an item is repeated. */
  run(rounds: number): Promise<Measured>;
}

if (import.meta.main) {
  const all = [...LOSSES, ...CALLS, ...NETWORK];
  const { rounds: given, _: starts } = parseArgs(Deno.args, { string: ["rounds", "_"], unknown });
  const rounds = integerOf("--rounds", given, 20);
  for (const start of starts) {
    if (all.some(({ name }) => name.startsWith(`${start}`))) continue;
    refuse(`No such item: ${start}. The items are ${all.map(({ name }) => name).join(", ")}`);
  }
  const items = all.filter(({ name }) =>
    starts.length === 0 || starts.some((start: string | number) => name.startsWith(`${start}`))
  );
  if (noRedis !== undefined) {
    console.error(`nothing was run: ${noRedis}`);
    Deno.exit(2);
  }
  console.log("| item | required | measured | ok |\n| --- | --- | --- | --- |");
  let failed = 0;
  for (const { name, required, run } of items) {
    const { measured, ok } = await run(rounds).catch((error) => ({ measured: `${error}`, ok: false }));
    if (ok === false) failed++;
    console.log(`| ${name} | ${required} | ${measured} | ${ok === undefined ? "skipped" : ok ? "yes" : "NO"} |`);
  }
  Deno.exit(failed > 0 ? 1 : 0);
}
