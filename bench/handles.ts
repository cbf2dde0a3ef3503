/**
 * What finding shared objects costs messages that have none: a nested argument of 10 KB and of 1 MB, cloned plainly and
 * in an envelope. `deno run -A --import-map=npm.import_map.json bench/handles.ts [rounds]`, on a quiet machine.
 *
 * The ways alternate within each round, and each ratio is of one round: what slows the machine down slows all of them.
 *
 * @module
 */
import "../lib/shared/kinds.ts";
import { Counter } from "../lib/shared/counter.ts";
import { decode, encode, type Envelope } from "../lib/shared/revive.ts";

const ROUNDS = Number(Deno.args[0] ?? 31);
/** Milliseconds that one way gets in a round. */
const BUDGET = 25;

/** Records as an API would give them, of about so many bytes in all. */
function argument(bytes: number): unknown[] {
  return Array.from({ length: Math.ceil(bytes / 200) }, (_, id) => ({
    id,
    name: `item number ${id}`,
    tags: ["one", "two", "three"],
    price: { amount: id * 1.25, currency: "EUR" },
    sizes: [id, id + 1, id + 2, id + 3],
  }));
}

type Way = (value: unknown) => unknown;

const ways: Record<string, Way> = {
  // In an object, as every message is.
  plain: (value) => (structuredClone({ value, handles: false }) as Envelope).value,
  envelope: (value) => decode(structuredClone(encode(value))),
  "always walked": (value) => decode({ ...structuredClone(encode(value)) as Envelope, handles: true }),
  "with a Counter": (value) => decode(structuredClone(encode([value, counter]))),
};
const counter = new Counter();

/** Microseconds a call. */
function time(way: Way, value: unknown, calls: number): number {
  const start = performance.now();
  for (let i = 0; i < calls; i++) way(value);
  return (performance.now() - start) / calls * 1000;
}

function quartiles(values: number[]): [low: number, median: number, high: number] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)];
  return [at(0.25), at(0.5), at(0.75)];
}

for (const [size, bytes] of [["10 KB", 10_000], ["1 MB", 1_000_000]] as const) {
  const value = argument(bytes);
  const calls = Math.max(1, Math.round(BUDGET * 1000 / time(ways.plain, value, 3)));
  for (const way of Object.values(ways)) time(way, value, calls);
  const ratios = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
  const plain: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Another one begins each round.
    const names = Object.keys(ways);
    const order = names.map((_, i) => names[(i + round) % names.length]);
    const times = new Map(order.map((name) => [name, time(ways[name], value, calls)]));
    plain.push(times.get("plain")!);
    for (const [name, us] of times) ratios.get(name)!.push(us / times.get("plain")!);
  }
  console.log(`${size}: plain clone ${quartiles(plain)[1].toFixed(1)} us`);
  for (const [name, values] of ratios) {
    const [low, median, high] = quartiles(values).map((value) => value.toFixed(3));
    if (name !== "plain") console.log(`  ${name.padEnd(16)} x ${median}  (${low} to ${high})`);
  }
}
