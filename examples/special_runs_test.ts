/**
 * Examples that are run otherwise than by their name alone: with an argument, with a wrong setting, or until they fail.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { runExample } from "./support/run_example.ts";

Deno.test("examples/browsers.ts refuses a CHROME that is not there, and says what to do", async () => {
  const chosen = Deno.env.get("CHROME");
  Deno.env.set("CHROME", "/no/such/browser");
  try {
    const { code, stderr } = await runExample("browsers.ts");
    assertEquals(code, 1);
    assertMatch(stderr, /CHROME is \/no\/such\/browser: there is no such file: set it to the path/);
  } finally {
    if (chosen === undefined) Deno.env.delete("CHROME");
    else Deno.env.set("CHROME", chosen);
  }
});

Deno.test("examples/fire_and_forget.ts reports a failure that was never read, and runs all other tasks", async () => {
  const { code, stdout, stderr } = await runExample("fire_and_forget.ts", "--broken");
  assertEquals(code, 1);
  assertMatch(stdout, /^8 submitted.*\n(downloaded 1000 bytes\n){7}/);
  assertMatch(stderr, /Uncaught \(in promise\) Error: Cannot download \/broken: status 502/);
  assertMatch(stderr, /submitted:\n +at .*fire_and_forget\.ts:\d+/);
});

Deno.test("examples/images.ts leaves all images of the site in the folder, although both processes were killed", async () => {
  const folder = await Deno.makeTempDir({ prefix: "isopool-example-" });
  try {
    const { code, stdout, stderr } = await runExample("images.ts", folder);
    assertEquals(code, 0, stderr);
    assertMatch(
      stdout,
      /^downloader was stuck at .*: killed\n.* page [1-3] of 6\nscanner was stuck at .*: killed\n1 lost;/,
    );
    const files = Array.from(Deno.readDirSync(folder), ({ name }) => name);
    assertEquals(files.sort(), [...Array.from({ length: 36 }, (_, i) => `${i}.png`), "logo.png"].sort());
    for (const name of files) {
      const bytes = await Deno.readFile(`${folder}/${name}`);
      assertEquals([...bytes.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], name);
      assertEquals(new TextDecoder().decode(bytes.subarray(-8, -4)), "IEND", name);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("examples/demo.ts fails for a folder that it cannot read, and names it", async () => {
  const { code, stderr } = await runExample("demo.ts", "/no/such/folder");
  assertEquals(code, 1);
  assertMatch(stderr, /Cannot hash \/no\/such\/folder/);
});

Deno.test("examples/run.ts runs an example by its name, and lists them without one", async () => {
  const { code, stdout } = await runExample("run.ts", "pool_map");
  assertEquals([code, stdout], [0, "[ 1, 4, 9 ]\n"]);
  const list = await runExample("run.ts");
  assert(list.stdout.split("\n").includes("endless_loop"));
  assertEquals((await runExample("run.ts", "no_such_example")).code, 1);
});
