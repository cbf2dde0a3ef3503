/**
 * Python: `threading.Thread(target=func, daemon=True).start()`: main does not wait for it when it ends. Daemons are for
 * what never ends: looking after something, cleaning up. A thread that is not a daemon is waited for.
 *
 * Here too: the script ends when the report is written, although the house keeper would go on for ever.
 */
import { assertEquals, assertMatch } from "@std/assert";
import { Process, SharedEvent, tasks } from "@isopool/isopool";
import { TempFolder } from "./support/temp.ts";

const house = tasks<typeof import("./tasks/house.ts")>(import.meta.resolve("./tasks/house.ts"));

const folder = new TempFolder();
const [diary, report] = [folder.file("diary.txt"), folder.file("report.txt")];
const firstLine = new SharedEvent();
const keeper = new Process(house.keepHouse, [diary, firstLine], { daemon: true }).start();
const writer = new Process(house.writeReport, [report, firstLine]).start();

console.log(`started, daemon: ${keeper.daemon}, ${writer.daemon}; this is the last line of the script`);

// What is there when the script has ended.
globalThis.addEventListener("unload", () => {
  using _ = folder;
  console.log(`the report is whole; the keeper ${keeper.isAlive ? "was still at work" : "had ended"}`);
  assertEquals(Deno.readTextFileSync(report), Array.from({ length: 10 }, (_, i) => `part ${i + 1} of 10\n`).join(""));
  assertMatch(Deno.readTextFileSync(diary), /^(all is well\n)+/);
  assertEquals([writer.isAlive, writer.exitCode, keeper.isAlive], [false, 0, true]);
});
