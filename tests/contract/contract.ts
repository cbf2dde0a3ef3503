/**
 * `contract()`: the suites that every backend passes, through public names only. Where a backend lacks a capability, a test
 * asserts the documented error; it is not skipped. What a cluster cannot do at all is in its list `lacks` (on/cluster.ts).
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { test } from "../support/within.ts";
import type { Backend, Suite } from "./backend.ts";
import { affinitySuite } from "./affinity_suite.ts";
import { applySuite } from "./apply_suite.ts";
import { asyncContextSuite } from "./async_context_suite.ts";
import { blockedSuite } from "./blocked_suite.ts";
import { broadcastSuite } from "./broadcast_suite.ts";
import { cancelSuite } from "./cancel_suite.ts";
import { checkpointSuite } from "./checkpoint_suite.ts";
import { concurrencySuite } from "./concurrency_suite.ts";
import { contextSuite } from "./context_suite.ts";
import { cloningSuite } from "./cloning_suite.ts";
import { deadlineSuite } from "./deadline_suite.ts";
import { eventsSuite } from "./events_suite.ts";
import { flowSuite } from "./flow_suite.ts";
import { groupSuite } from "./group_suite.ts";
import { failedItemsSuite } from "./failed_items_suite.ts";
import { finalizerSuite } from "./finalizer_suite.ts";
import { initializerSuite } from "./initializer_suite.ts";
import { imapEndsSuite } from "./imap_ends_suite.ts";
import { imapSuite } from "./imap_suite.ts";
import { inputFailureSuite } from "./input_failure_suite.ts";
import { lifetimeSuite } from "./lifetime_suite.ts";
import { mapFailureSuite } from "./map_failure_suite.ts";
import { mapSuite } from "./map_suite.ts";
import { optionsSuite } from "./options_suite.ts";
import { managersSuite } from "./managers_suite.ts";
import { messagesSuite } from "./messages_suite.ts";
import { orderSuite } from "./order_suite.ts";
import { parkedSuite } from "./parked_suite.ts";
import { pauseSuite } from "./pause_suite.ts";
import { queueSuite } from "./queue_suite.ts";
import { rateSuite } from "./rate_suite.ts";
import { recycleSuite } from "./recycle_suite.ts";
import { restartSuite } from "./restart_suite.ts";
import { retrySuite } from "./retry_suite.ts";
import { shareSuite } from "./share_suite.ts";
import { shutdownSuite } from "./shutdown_suite.ts";
import { signalSuite } from "./signal_suite.ts";
import { statsSuite } from "./stats_suite.ts";
import { streamEndsSuite } from "./stream_ends_suite.ts";
import { streamSuite } from "./stream_suite.ts";
import { submitSuite } from "./submit_suite.ts";
import { timeoutSuite } from "./timeout_suite.ts";
import { transformSuite } from "./transform_suite.ts";
import { valueSuite } from "./value_suite.ts";
import { workerSetSuite } from "./worker_set_suite.ts";
import { workersSuite } from "./workers_suite.ts";
import { LONG } from "../support/rounds.ts";

/**
 * The suites by theme. A backend whose suites take minutes has a test file for each theme, so that these run side by side.
 */
const SUITES = {
  /** Single calls: their arguments, ends, limits and contexts. */
  calls: [
    submitSuite,
    valueSuite,
    cloningSuite,
    cancelSuite,
    signalSuite,
    timeoutSuite,
    deadlineSuite,
    retrySuite,
    contextSuite,
    asyncContextSuite,
    applySuite,
    rateSuite,
    optionsSuite,
  ],
  /** Many calls: maps and streams. */
  maps: [
    mapSuite,
    mapFailureSuite,
    inputFailureSuite,
    imapSuite,
    imapEndsSuite,
    checkpointSuite,
    failedItemsSuite,
    streamSuite,
    streamEndsSuite,
    transformSuite,
  ],
  /** Calls side by side: groups, shared values, their order and their flow. */
  order: [
    groupSuite,
    shareSuite,
    broadcastSuite,
    orderSuite,
    affinitySuite,
    flowSuite,
    parkedSuite,
    blockedSuite,
  ],
  /** Workers: start, number, hooks, and what a pool tells about itself. */
  workers: [
    workersSuite,
    recycleSuite,
    workerSetSuite,
    restartSuite,
    initializerSuite,
    finalizerSuite,
    statsSuite,
    eventsSuite,
  ],
  /** Queues, pipes and managers between tasks and the script. */
  messages: [
    messagesSuite,
    managersSuite,
  ],
  /** Pools: pauses, queues, ends. */
  pools: [
    pauseSuite,
    lifetimeSuite,
    shutdownSuite,
    queueSuite,
    concurrencySuite,
  ],
} satisfies Record<string, Suite[]>;

/** Suites about the pool's own side: when calls start, fail and run again, what a pool tells about itself. Engines share it. */
const POOL_SIDE: ReadonlySet<Suite> = new Set([
  deadlineSuite,
  retrySuite,
  rateSuite,
  applySuite,
  asyncContextSuite,
  statsSuite,
  eventsSuite,
]);

/** A theme of the contract. */
export type Theme = keyof typeof SUITES;

/** Registers the suites of some themes for a backend; by default those of all. */
export function contract(
  backend: Backend,
  themes: readonly Theme[] = ["calls", "maps", "order", "workers", "messages", "pools"],
): void {
  const check: typeof test = (name, body, options) => {
    const reason = backend.lacks?.find(([titles]) => titles.test(name))?.[1];
    test(`${backend.name}: ${name}`, body, reason === undefined ? options : { ...options, ignore: reason });
  };

  check("Pool.capabilities states what the backend declares", async () => {
    await using pool = backend.make();
    assertEquals(pool.capabilities, backend.capabilities);
    assertEquals(pool.backend, backend.name);
  });

  for (const suite of themes.flatMap((theme): readonly Suite[] => SUITES[theme])) {
    if (LONG || !backend.isFurther || !POOL_SIDE.has(suite)) suite(backend, check);
  }
}
