/** The contract of pools on worker hosts; the themes are in several test files. */
import { Pool } from "@isopool/isopool";
import { cluster } from "@isopool/isopool/cluster";
import { contract, type Theme } from "../contract.ts";
import { TestHost } from "../../support/cluster_host.ts";
import { leavesNothing } from "../../support/leaks.ts";
import { noRedis, TestRedis } from "../../support/redis.ts";
import { MUST_HAPPEN, test, within } from "../../support/within.ts";
import { mapWords } from "../../support/words.ts";

const WORKERS =
  "worker hosts have workers for all pools that ask for the same, so a pool cannot tell or replace its own";
const ONE_CALL = "a worker of a host runs one call at a time: `concurrencyPerWorker` is refused";
const MACHINE = "queues, pipes and managers stay on their machine; a cluster has its own (value, queue, lock)";

/** What a cluster cannot do. */
const LACKS: [RegExp, string][] = [
  [/^affinityKey|affinity key|in a bound backlog/, WORKERS],
  [/^(a |two )?broadcast|^maxQueue does not limit broadcast/, WORKERS],
  [/^initializer .*: once for each worker|^a replaced worker is set up|^calls wait for a slow initializer/, WORKERS],
  [/^ready\(\) that a close interrupts/, WORKERS],
  [/^an initializer that fails breaks the pool for ready|^terminate\(\) ends an initializer/, WORKERS],
  [/^finalizer .*(has run|delays)|^the finalizer (runs|does not run)|^a pool closed while its initializer/, WORKERS],
  [/^a failing finalizer|^failing finalizers|^workerexit has the reason: /, WORKERS],
  [
    /^maxTasksPerWorker: \d+(:| holds)|^restart\(\)|^recycleAt|^global state is|^all calls of a worker get/,
    WORKERS,
  ],
  [/^(parked: |maxTasksPerWorker with )?concurrencyPerWorker|with concurrencyPerWorker \d/, ONE_CALL],
  [/^(joinable )?queue: |^select takes|^pipe: |^a queue inside|^manager: /, MACHINE],
];

/** Registers the suites of some themes for worker hosts. */
export async function clusterContract(...themes: Theme[]): Promise<void> {
  if (noRedis !== undefined) return test("the contract on worker hosts", async () => {}, { ignore: noRedis });
  // Memory of this process does not reach the tasks.
  mapWords();
  const redis = await TestRedis.start();
  const options = { redis: redis.address, queue: "contract" };
  const host = await TestHost.start({ ...options, concurrency: 24 });

  contract({
    name: "cluster",
    make: (rest) => new Pool({ ...rest, backend: cluster(options) }),
    capabilities: {
      engine: "cluster",
      parallel: true,
      isolated: true,
      sharedMemory: false,
      forcedKill: true,
      memoryLimit: true,
      permissions: true,
    },
    lacks: LACKS,
  }, themes);

  leavesNothing();
  // They were started before the tests, so the sanitizers would take their end for a leak.
  const sanitizers = { sanitizeOps: false, sanitizeResources: false };
  Deno.test("afterwards the host and Redis end", sanitizers, async () => {
    // A finalizer that never ends has 10 s.
    await within(3 * MUST_HAPPEN, host.close());
    await redis[Symbol.asyncDispose]();
  });
}
