/**
 * What a cluster must hold, with real hosts, a real Redis and real deaths, as a table.
 *
 *   deno task soak:cluster [--rounds N] [ITEM...]      all items, or those whose names begin so; 20 rounds of the kill
 *
 * It needs Linux and redis-server; the item `network` needs root as well. Exit code 1 if an item does not hold.
 *
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { noRedis } from "../../tests/support/redis.ts";
import { CALLS } from "./cluster_calls.ts";
import { LOSSES } from "./cluster_losses.ts";
import { NETWORK } from "./cluster_network.ts";

/** What came out. */
export interface Measured {
  measured: string;
  /** `undefined` if it could not be done here: `measured` is the reason. */
  ok: boolean | undefined;
}

/** Something that must hold. */
export interface Item {
  readonly name: string;
  readonly required: string;
  /** Measures it. `rounds` is how often, where an item is repeated. */
  run(rounds: number): Promise<Measured>;
}

if (import.meta.main) {
  const { rounds, _: names } = parseArgs(Deno.args, { string: ["rounds"], default: { rounds: "20" } });
  const items = [...LOSSES, ...CALLS, ...NETWORK].filter(({ name }) =>
    names.length === 0 || names.some((start: string | number) => name.startsWith(`${start}`))
  );
  if (noRedis !== undefined) {
    console.error(`nothing was run: ${noRedis}`);
    Deno.exit(2);
  }
  console.log("| item | required | measured | ok |\n| --- | --- | --- | --- |");
  let failed = 0;
  for (const { name, required, run } of items) {
    const { measured, ok } = await run(Number(rounds)).catch((error) => ({ measured: `${error}`, ok: false }));
    if (ok === false) failed++;
    console.log(`| ${name} | ${required} | ${measured} | ${ok === undefined ? "skipped" : ok ? "yes" : "NO"} |`);
  }
  Deno.exit(failed > 0 ? 1 : 0);
}
