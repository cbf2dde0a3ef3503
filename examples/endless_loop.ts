/**
 * Python: ten futures of an endless loop under `wait(futures, timeout=1)` and a `@retry` of two attempts: "strange: none
 * of the timeouts can make it exit". In Python a timeout ends the waiting, never the task.
 *
 * Here a timeout stops the task. The second attempt is stopped too, the cores are idle again, and the script exits.
 */
import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import { Pool, tasks, TaskTimeoutError, wait } from "@isopool/isopool";

const { test } = tasks<typeof import("./tasks/endless.ts")>(import.meta.resolve("./tasks/endless.ts"));
const TIMEOUT = 1_000;
const ATTEMPTS = 2;

const start = performance.now();
await using pool = new Pool(10);
const attempts = new Int32Array(new SharedArrayBuffer(4));
const endless = test.with({ timeout: TIMEOUT, retry: { maxAttempts: ATTEMPTS, minTimeout: 100 } });
const futures = Array.from({ length: 10 }, () => pool.submit(endless, attempts));

const { done } = await wait(futures);
const errors = await Promise.all([...done].map((future) => future.exception()));
const seconds = (performance.now() - start) / 1000;
console.log(`${errors[0]}`);
console.log(`${done.size} futures, ${attempts[0]} attempts, ${seconds.toFixed(1)} s`);
assert(errors.every((error) => error instanceof TaskTimeoutError));
assertEquals(attempts[0], 10 * ATTEMPTS);
assert(seconds >= ATTEMPTS * TIMEOUT / 1000);

await pool.terminate();
const before = process.cpuUsage();
await new Promise((resolve) => setTimeout(resolve, 300));
const { user, system } = process.cpuUsage(before);
console.log(`CPU in the 300 ms after that: ${Math.round((user + system) / 1000)} ms`);
assert(user + system < 150_000);
