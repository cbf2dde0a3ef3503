/**
 * Permissions of workers need an unstable flag. Without it, Deno ends the whole process with code 70. The pool must
 * throw an error before that, which names what is missing and where.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

const SCRIPT = `
import { inline, Pool, PermissionScopeError } from "@isopool/isopool";
try {
  await using pool = new Pool({ workers: 1, permissions: "none" });
  console.log(await pool.submit(inline(() => 41 + 1)), pool.capabilities.engine);
} catch (error) {
  console.log(error instanceof PermissionScopeError, error.flag, error.message);
}
`;

test("without the flag: PermissionScopeError names the flag, and the deno.json that would give it", async () => {
  const { code, stdout, stderr } = await runScript(SCRIPT);
  assertEquals([code, stderr], [0, ""]);
  assertStringIncludes(stdout, "true --unstable-worker-options Cannot create pool: `permissions` need");
  assertStringIncludes(stdout, "start the script with --unstable-worker-options");
  assert(/put "unstable": \["worker-options"\] into \/\S*isopool-test-\S+\/deno\.json/.test(stdout), stdout);
});

test("without the flag: the deno.json that is named is the one that Deno takes, in a folder above; if none may be read, no path", async () => {
  const project = await Deno.makeTempDir({ prefix: "isopool-test-" });
  try {
    const root = new URL("../../", import.meta.url);
    const map = `--import-map=${new URL("npm.import_map.json", root).href}`;
    await Deno.mkdir(`${project}/src/jobs`, { recursive: true });
    await Deno.writeTextFile(`${project}/src/jobs/main.ts`, SCRIPT);
    const run = async (config: object, permissions: string[]) => {
      await Deno.writeTextFile(`${project}/deno.json`, JSON.stringify(config));
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--no-prompt", "--no-check", "--no-lock", map, ...permissions, "src/jobs/main.ts"],
        cwd: project,
        env: { NO_COLOR: "1" },
      }).output();
      return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    };
    const advice = await run({}, ["-A"]);
    const [, named] = /put "unstable": \["worker-options"\] into (.*)\n/.exec(advice) ?? [];
    assertEquals(named, `${project}/deno.json`, advice);
    // What it says helps.
    assertEquals(await run({ unstable: ["worker-options"] }, ["-A"]), "42 web\n");
    const unread = await run({}, [
      "--allow-env",
      `--allow-read=${project}/src,${root.pathname}`,
    ]);
    assertStringIncludes(unread, `into your project's deno.json\n`);
  } finally {
    await Deno.remove(project, { recursive: true });
  }
});

test("without the flag and uncaught, the script ends with code 1, not with Deno's 70", async () => {
  const { code, stderr } = await runScript(
    `import { Pool } from "@isopool/isopool"; new Pool({ permissions: { read: ["."] } });`,
  );
  assertEquals(code, 1);
  assertStringIncludes(stderr, "PermissionScopeError: Cannot create pool");
});

test("what the pool prevents: a bare worker with permissions ends the process with code 70", async () => {
  const { code } = await runScript(
    `try { new Worker("data:,", { type: "module", deno: { permissions: "none" } }); } catch { console.log("caught"); }`,
  );
  assertEquals(code, 70, "revisit lib/pool/worker_options.ts: the flag may not be needed any more");
});

test("with the flag on the command line it works", async () => {
  const { code, stdout, stderr } = await runScript(SCRIPT, { permissions: ["-A", "--unstable-worker-options"] });
  assertEquals([code, stdout, stderr], [0, "42 web\n", ""]);
});

test("with the flag from the script's own deno.json it works", async () => {
  const { code, stdout, stderr } = await runScript(SCRIPT, {
    files: { "deno.json": `{ "unstable": ["worker-options"] }` },
  });
  assertEquals([code, stdout, stderr], [0, "42 web\n", ""]);
});

test("without read access to the environment, the error names the variable, and nothing ends with code 70", async () => {
  for (const flags of [["--no-prompt"], ["--no-prompt", "--unstable-worker-options"]]) {
    const { code, stdout, stderr } = await runScript(SCRIPT, { permissions: flags });
    assertEquals([code, stderr], [0, ""]);
    assertStringIncludes(stdout, "true --allow-env=NODE_V8_COVERAGE Cannot create pool");
  }
});

test("the check for the flag starts no process and leaves node:child_process as it was", async () => {
  const { code, stdout, stderr } = await runScript(
    `import { ChildProcess, execFileSync } from "node:child_process";
    import { Pool } from "@isopool/isopool";
    const before = ChildProcess.prototype.spawn;
    new Pool({ permissions: "none" });
    console.log(ChildProcess.prototype.spawn === before, execFileSync("echo", ["works"], { encoding: "utf8" }).trim());`,
    // It may run nothing but echo, so any other start would fail.
    { permissions: ["--allow-env", "--allow-read", "--allow-run=echo", "--no-prompt", "--unstable-worker-options"] },
  );
  assertEquals([code, stdout, stderr], [0, "true works\n", ""]);
});
