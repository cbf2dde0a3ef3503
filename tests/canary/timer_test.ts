import { assertEquals } from "@std/assert";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";
import { revisit } from "./thread.ts";

const KEEP_ALIVE = "lib/core/timer.ts (KeepAlive)";
const START = "const timer = setInterval(() => {}, 2 ** 31 - 1);";

test("an interval keeps the script alive until its own unref(), and again after ref()", async () => {
  const released = await runScript(`${START} timer.unref(); timer.ref(); timer.ref(); await 0; timer.unref();`);
  assertEquals([released.code, released.late], [0, false], revisit("timer.unref() lets the script end", KEEP_ALIVE));
  const held = await runScript(`${START} timer.unref(); timer.ref();`, { deadline: 1_500 });
  assertEquals(held.late, true, revisit("timer.ref() holds the script again", KEEP_ALIVE));
});

test("Deno.unrefTimer() with the number of an interval does not let the script end: only the object's own unref() does", async () => {
  const { late } = await runScript(`${START} Deno.unrefTimer(Number(timer));`, { deadline: 1_500 });
  assertEquals(late, true, revisit("Deno.unrefTimer(Number(timer)) does nothing", `${KEEP_ALIVE}: either may be used`));
});
