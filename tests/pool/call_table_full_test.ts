import { assertEquals } from "@std/assert";
import { inline, Pool } from "@isopool/isopool";
import { MUST_HAPPEN, test, within } from "../support/within.ts";

const waitFor = inline(async (gate: Int32Array) => {
  const { async, value } = Atomics.waitAsync(gate, 0, 0);
  if (async) await value;
  return "released";
});
const double = inline((n: number) => n * 2);

// A long call keeps its slot in the call table, whose 4,096 slots are reused in a circle.
test("a long call keeps its result while 6,000 calls behind it are submitted and cancelled", async () => {
  await using pool = new Pool(1);
  await pool.submit(double, 1);
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const long = pool.submit(waitFor, gate);
  for (let i = 0; i < 6_000; i++) {
    const behind = pool.submit(double, i);
    if (i % 10 === 0) await Promise.resolve().then(() => {});
    behind.cancel();
    assertEquals(behind.state, "cancelled");
    await behind.catch(() => {});
  }
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
  assertEquals(await within(MUST_HAPPEN, long), "released");
  const after = await within(MUST_HAPPEN, pool.map(double, Array.from({ length: 100 }, (_, i) => i)));
  assertEquals(after[99], 198);
});

test("10 MB of bytes cross there and back whole", async () => {
  await using pool = new Pool(1);
  const echo = inline((bytes: Uint8Array) => bytes);
  const part = crypto.getRandomValues(new Uint8Array(60_000));
  const large = new Uint8Array(10_000_000);
  for (let at = 0; at < large.length; at += part.length) large.set(part.subarray(0, large.length - at), at);
  const digest = async (bytes: Uint8Array<ArrayBuffer>) =>
    new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  const back = await within(MUST_HAPPEN, pool.submit(echo, large));
  assertEquals(await digest(back as Uint8Array<ArrayBuffer>), await digest(large));
});
