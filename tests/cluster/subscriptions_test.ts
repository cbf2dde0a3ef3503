/**
 * The channels that a cluster's values, queues and locks listen to.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { Redis } from "ioredis";
import { Subscriptions } from "../../lib/cluster/subscriptions.ts";
import { TestRedis } from "../support/redis.ts";
import { test } from "./kit.ts";

const NEVER = new AbortController().signal;

test("a channel that no wait has used for the idle limit is unsubscribed when another one is added", async () => {
  await using redis = await TestRedis.start();
  const client = new Redis(`${redis.folder}/redis.sock`);
  const channels = async () => (await client.call("PUBSUB", "CHANNELS") as string[]).sort();
  const subscriptions = new Subscriptions(redis.address, 0);
  await subscriptions.wait("used", 1, NEVER);
  const used = subscriptions.wait("used", 60_000, NEVER);
  for (let n = 0; n < 20; n++) await subscriptions.wait(`name ${n}`, 1, NEVER);
  assertEquals(await channels(), ["name 19", "used"]);
  await client.publish("used", "");
  await used;
  await subscriptions.close();
  assertEquals(await channels(), []);
  client.disconnect();
});

test("a subscription that is answered after close() leaves no channel that a later wait would trust", async () => {
  await using redis = await TestRedis.start();
  const subscriptions = new Subscriptions(redis.address);
  await subscriptions.wait("other", 1, NEVER);
  const subscribing = subscriptions.wait("name", 1, NEVER).catch(() => {});
  await subscriptions.close();
  await subscribing;
  // The first wait for a channel subscribes, and the message wakes the second.
  await subscriptions.wait("name", 1, NEVER);
  const waiting = subscriptions.wait("name", 60_000, NEVER);
  const client = new Redis(`${redis.folder}/redis.sock`);
  assertEquals(await client.publish("name", ""), 1);
  await waiting;
  client.disconnect();
  await subscriptions.close();
});
