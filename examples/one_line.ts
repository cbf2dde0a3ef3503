/**
 * Python: `threading.Thread(target=some_function, args=(arg1, arg2)).start()`: started in one line, and never joined.
 *
 * The process keeps the script alive until it has ended, as a non-daemon thread does. A failure of the task would be
 * reported when the script ends.
 */
import { gunzipSync } from "node:zlib";
import { assertEquals } from "@std/assert";
import { Process, tasks } from "@isopool/isopool";
import { TempFolder } from "./support/temp.ts";
import { inWords } from "./support/words.ts";

const { compress } = tasks<typeof import("./tasks/compress.ts")>(import.meta.resolve("./tasks/compress.ts"));

const folder = new TempFolder();
const [source, target] = [folder.file("numbers.txt"), folder.file("numbers.txt.gz")];
const text = Array.from({ length: 20_000 }, (_, n) => inWords(n)).join("\n");
Deno.writeTextFileSync(source, text);

new Process(compress, [source, target]).start();

console.log("started, and this is the last line of the script");

// Checks the file when the script ends.
globalThis.addEventListener("unload", () => {
  using _ = folder;
  assertEquals(new TextDecoder().decode(gunzipSync(Deno.readFileSync(target))), text);
  console.log("the file is complete");
});
