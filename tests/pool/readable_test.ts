/** Pools in scripts that may not read the code of their workers. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

const LIBRARY = new URL("../../", import.meta.url).pathname;
const FILES = { "t.ts": "export const inc = (n) => n + 1;" };
const SCRIPT = `import { Pool, tasks } from "@isopool/isopool";
const { inc } = tasks(import.meta.resolve("./t.ts"));
await using pool = new Pool(PERMISSIONS);
console.log(await pool.submit(inc, 1));
`;

/** What a pool with `permissions` needs, too. */
const SCOPES_ALLOWED = ["--unstable-worker-options", "--allow-env=NODE_V8_COVERAGE"];

const scripts = ["{ workers: 1 }", '{ workers: 1, permissions: "none" }'].map((options) =>
  SCRIPT.replace("PERMISSIONS", options)
);

test("without permission to read, the constructor throws one error that says what to do, at the caller's line", async () => {
  for (const script of scripts) {
    const { code, stderr } = await runScript(script, { files: FILES, permissions: SCOPES_ALLOWED });
    assertEquals(code, 1, stderr);
    assertStringIncludes(stderr, "NotCapable: Cannot create pool: its workers load ");
    assertStringIncludes(stderr, "start it with --allow-read");
    assert(/\n {4}at \S*main\.ts:3:/.test(stderr), stderr);
  }
});

test("without permission to read the task's module, submit() throws, each time; with both folders the task runs", async () => {
  const again = SCRIPT.replace("PERMISSIONS", "1").replace(
    "console.log",
    "try { pool.submit(inc, 1) } catch {}\nconsole.log",
  );
  const partly = await runScript(again, { files: FILES, permissions: [`--allow-read=${LIBRARY}`] });
  assertEquals(partly.code, 1, partly.stderr);
  assertStringIncludes(partly.stderr, "NotCapable: Cannot submit task: its workers load file:");
  assert(/\n {4}at \S*main\.ts:5:/.test(partly.stderr), partly.stderr);
  const whole = await runScript(scripts[0], { files: FILES, permissions: ["--allow-read"] });
  assertEquals([whole.code, whole.stdout.trim()], [0, "2"], whole.stderr);
});
