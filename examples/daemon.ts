/**
 * Python: `threading.Thread(target=func, daemon=True).start()`: the script does not wait for a daemon when it ends. Daemons
 * are for jobs that never end, such as monitoring or cleaning up. The script waits for a thread that is not a daemon.
 *
 * The same here: the script ends when the report is written, although the daemon `keepHouse` would run for ever.
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

// Checks the files when the script ends.
globalThis.addEventListener("unload", () => {
  using _ = folder;
  console.log(`the report is complete; the daemon ${keeper.isAlive ? "was still running" : "had ended"}`);
  assertEquals(Deno.readTextFileSync(report), Array.from({ length: 10 }, (_, i) => `part ${i + 1} of 10\n`).join(""));
  assertMatch(Deno.readTextFileSync(diary), /^(all is well\n)+/);
  assertEquals([writer.isAlive, writer.exitCode, keeper.isAlive], [false, 0, true]);
});
