/** What a cluster does not do, which the contract leaves out on it (tests/contract/on/cluster.ts): the refusals say so. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { inline, Pool, TransferError } from "@isopool/isopool";
import { cluster } from "@isopool/isopool/cluster";
import { Manager } from "@isopool/isopool/manager";
import { JoinableQueue, Pipe, Queue } from "@isopool/isopool/queue";
import { expectError } from "../support/expect.ts";
import { TestRedis } from "../support/redis.ts";
import { MUST_HAPPEN, timed, within } from "../support/within.ts";
import { test } from "./kit.ts";

test("`concurrencyPerWorker` is refused with what to raise instead", async () => {
  await using redis = await TestRedis.start();
  const backend = cluster({ redis: redis.address, queue: "one" });
  const { message } = assertThrows(() => new Pool({ backend, concurrencyPerWorker: 2 }), TypeError);
  for (const part of ["`concurrencyPerWorker` is 2", "`workers`", "`concurrency` of the hosts"]) {
    assertStringIncludes(message, part);
  }
});

test("queues, pipes and managers are refused as arguments, with what a cluster has instead", async () => {
  await using redis = await TestRedis.start();
  await using pool = new Pool({ backend: cluster({ redis: redis.address, queue: "local" }) });
  using manager = new Manager();
  const [end] = Pipe();
  for (const value of [new Queue(), new JoinableQueue(), end, manager.value(1), manager.list([1])]) {
    const { error } = await timed(within(MUST_HAPPEN, pool.submit(inline((_: unknown) => 1), value)));
    const { direction, message } = expectError(error, TransferError);
    assertEquals(direction, "argument");
    assertStringIncludes(message, "stay on their machine: open one by its name with `queue()`");
  }
});
