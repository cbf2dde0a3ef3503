import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ended, lines, ROOT, Workspace } from "./kit.ts";

Deno.test("isopool run: one call with text or JSON arguments, a generator with --stream; exit code 1 if it fails", async () => {
  await using workspace = await Workspace.make();
  const text = await workspace.run(["run", "tasks.ts", "kind", "7"]);
  assertEquals([text.code, text.stdout], [0, '"string"\n']);
  const json = await workspace.run(["run", "tasks.ts", "kind", "--json", "7"]);
  assertEquals([json.code, json.stdout], [0, '"number"\n']);
  const stream = await workspace.run(["run", "tasks.ts", "counts", "--json", "--stream", "--to", "raw", "3"]);
  assertEquals([stream.code, stream.stdout], [0, "0\n1\n2\n"]);
  const failed = await workspace.run(["run", "tasks.ts", "even", "3"]);
  assertEquals([failed.code, failed.stdout, failed.stderr], [1, "", "isopool: TypeError: 3 is odd\n"]);
  const late = await workspace.run(["run", "tasks.ts", "spin", "--timeout", "100ms"]);
  assertEquals(late.code, 1);
  assertStringIncludes(late.stderr, "TaskTimeoutError");
});

Deno.test("isopool tune: measures 1, 2, 4 workers, and says which -j is best", async () => {
  await using workspace = await Workspace.make();
  const { code, stdout } = await workspace.run([
    "tune",
    "tasks.ts",
    "naps",
    "--most",
    "4",
    "--duration",
    "200ms",
    ":::",
    "5",
  ]);
  assertEquals(code, 0);
  assertEquals(lines(stdout).map((line) => line.match(/^ +(\d) /)?.[1]).filter((n) => n), ["1", "2", "4"]);
  assertMatch(stdout, /<- best/);
  assertMatch(stdout, /The best: -j [124]\n$/);
  assertEquals((await workspace.run(["tune", "tasks.ts", "naps"], "")).code, 255);
});

Deno.test("isopool doctor: tries each backend, stops a loop, and finds all well here", async () => {
  await using workspace = await Workspace.make();
  const { code, stdout } = await workspace.run(["doctor"]);
  assertEquals(code, 0, stdout);
  assertStringIncludes(stdout, Deno.version.deno);
  for (const backend of ["worker", "process"]) {
    assertMatch(stdout, new RegExp(`^ok +backend ${backend} .* a loop without an end was stopped \\d+ ms after`, "m"));
  }
  assertMatch(stdout, /^ok +worker-options +threads take permissions/m);
  assertMatch(stdout, /^ok +machine +\d+ cores, \d+ MiB of memory free; limits of the control group: /m);
});

Deno.test("isopool doctor: without permission to run programs, backend process is FAIL, with the way out", async () => {
  await using workspace = await Workspace.make();
  const { code, stdout } = await workspace.run(["doctor"], undefined, ["--allow-read", "--allow-env", "--allow-sys"]);
  assertEquals(code, 1);
  assertMatch(stdout, /^FAIL backend process .*--allow-run/m);
  assertMatch(stdout, /^ok +backend worker/m);
});

Deno.test("permissions of threads without Deno's flag for them: the error says where to give the flag, and that processes need none", async () => {
  const run = async (...args: string[]) => {
    const [cli, map] = ["lib/cli.ts", "npm.import_map.json"].map((path) => new URL(path, ROOT).href);
    const flags = ["--quiet", "--no-check", "--no-lock", "--no-config", `--import-map=${map}`, "-A"];
    const command = new Deno.Command(Deno.execPath(), { args: ["run", ...flags, cli, "map", ...args] });
    return ended(await command.output());
  };
  const module = new URL("tasks.ts", import.meta.url).pathname;
  const { code, stderr } = await run("--allow-read", module, "upper", ":::", "a");
  assertEquals([code, stderr], [
    255,
    "isopool: permissions of threads need Deno's flag --unstable-worker-options: give it after `deno run` or " +
    "`deno install`, or use --backend process\n",
  ]);
  assertEquals((await run("--backend", "process", "--allow-read", module, "upper", ":::", "a")).code, 0);
});

function hasShell(shell: string): boolean {
  try {
    return new Deno.Command(shell, { args: ["-c", "true"], stdout: "null", stderr: "null" }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** What completes a line: a script for each shell, which gets the completions in a file and prints what it finds. */
const COMPLETE: Record<string, (line: string) => string> = {
  bash: (line) =>
    `. ./script; COMP_WORDS=(${line}); COMP_CWORD=$((\${#COMP_WORDS[@]}-1)); _isopool; printf '%s\\n' "\${COMPREPLY[@]}"`,
  fish: (line) => `source ./script; complete -C "${line}" | cut -f1`,
};

for (const shell of ["bash", "zsh", "fish"]) {
  Deno.test(`completions: ${shell} reads the script, and completes commands and options`, {
    ignore: !hasShell(shell),
  }, async () => {
    await using workspace = await Workspace.make();
    const { code, stdout } = await workspace.run(["completions", shell]);
    assertEquals(code, 0);
    await Deno.writeTextFile(workspace.path("script"), stdout);
    const sh = async (line: string) => {
      const command = new Deno.Command(shell, { args: ["-c", line], cwd: workspace.folder, stdin: "null" });
      const { success, stdout, stderr } = await command.output();
      assert(success, new TextDecoder().decode(stderr));
      return lines(new TextDecoder().decode(stdout));
    };
    await sh(shell === "fish" ? "fish --no-execute script" : `${shell} -n script`);
    const complete = COMPLETE[shell];
    if (!complete) return; // zsh completes on a terminal only.
    assertEquals((await sh(complete("isopool do"))).map((word) => word.trim()), ["doctor"]);
    assertEquals(await sh(complete("isopool map --joblo")), ["--joblog"]);
    assertEquals(await sh(complete("isopool map --backend pro")), ["process"]);
  });
}

Deno.test("completions: a shell that is not known is refused with the list", async () => {
  await using workspace = await Workspace.make();
  const { code, stderr } = await workspace.run(["completions", "csh"]);
  assertEquals([code, stderr], [255, "isopool: isopool completions needs a shell: bash | zsh | fish\n"]);
});

Deno.test("deno install -g makes a command that runs a module of the current directory", async () => {
  await using workspace = await Workspace.make();
  const install = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["install", "--global", "-A", "--quiet", "--no-check", "--unstable-worker-options", "--name", "isopool"],
      ...["--root", workspace.folder, `--import-map=${ROOT.pathname}npm.import_map.json`, `${ROOT.pathname}lib/cli.ts`],
    ],
    env: { NO_COLOR: "1" },
  }).output();
  assert(install.success, new TextDecoder().decode(install.stderr));
  const command = new Deno.Command("sh", {
    args: ["-c", 'bin/isopool map tasks.ts upper -k --allow-read=. ::: a "b c"'],
    cwd: workspace.folder,
    env: { NO_COLOR: "1" },
  });
  const { code, stdout, stderr } = await command.output();
  assertEquals([code, new TextDecoder().decode(stdout)], [0, '"A"\n"B C"\n'], new TextDecoder().decode(stderr));
});
