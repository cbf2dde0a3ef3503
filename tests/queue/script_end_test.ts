/**
 * Waiting calls of queues, and the end of the script.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

test("a waiting call keeps the script alive, one that gave up does not", async () => {
  const ended = await runScript(`
    import { Queue, select } from "@isopool/isopool";
    const queue = new Queue();
    await queue.get({ timeout: 200 }).catch((error) => console.log(error.name));
    await select([queue, new Queue()], { timeout: 50 }).catch((error) => console.log(error.name));
    console.log("end");
  `);
  assertEquals([ended.code, ended.late, ended.stdout], [0, false, "WaitTimeoutError\nWaitTimeoutError\nend\n"]);
});
