/**
 * Python: "is more always faster?" For IO 20 to 100 are usual, 1000 get you 502s; "go by measuring".
 *
 * So this measures, against a real server that serves eight requests at a time and answers 503 beyond that: pages in a
 * given time at growing `concurrency`. The knee is the least concurrency that gives nearly the most.
 */
import { assert, assertEquals } from "@std/assert";
import { pooled } from "@isopool/isopool";
import { capacityServer } from "./support/capacity.ts";

const CAPACITY = 8, WINDOW = 250;

interface Measurement {
  concurrency: number;
  /** Good pages in a second. */
  rate: number;
  /** Answers 503. */
  refused: number;
}

/** Items for as long as there is time: an input need not have a length. */
function* until(deadline: number): Generator<void> {
  while (performance.now() < deadline) yield;
}

async function measure(url: string, concurrency: number): Promise<Measurement> {
  const begun = performance.now();
  const statuses = await pooled(until(begun + WINDOW), async () => {
    const response = await fetch(url);
    await response.body?.cancel();
    return response.status;
  }, { concurrency });
  const refused = statuses.filter((status) => status === 503).length;
  return { concurrency, refused, rate: (statuses.length - refused) / (performance.now() - begun) * 1000 };
}

await using server = capacityServer(CAPACITY, 20);
await measure(server.url, 1); // The first connections take longer.
const curve: Measurement[] = [];
for (const concurrency of [1, 2, 4, 8, 16, 32]) curve.push(await measure(server.url, concurrency));

const best = Math.max(...curve.map(({ rate }) => rate));
const knee = curve.find(({ rate }) => rate >= 0.8 * best)!;
for (const { concurrency, rate, refused } of curve) {
  const bar = "#".repeat(Math.round(rate / best * 40));
  const note = concurrency === knee.concurrency ? "  <- knee" : "";
  console.log(
    `${String(concurrency).padStart(2)} at once ${bar.padEnd(40)} ${rate.toFixed(0).padStart(4)} pages/s` +
      `${refused > 0 ? `, ${refused} refused` : ""}${note}`,
  );
}
assert(curve[2].rate > 1.5 * curve[0].rate, "four at once are faster than one");
for (const { concurrency, refused } of curve) {
  if (concurrency <= CAPACITY) assertEquals(refused, 0);
  else assert(refused > 0, `${concurrency} at once are too many`);
}
assert(knee.concurrency > 1 && knee.concurrency <= 2 * CAPACITY);
