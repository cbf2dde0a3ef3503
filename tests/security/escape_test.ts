/**
 * Hostile tasks: every attempt of attempts/ on threads, scoped workers and processes. On processes all are denied. What
 * the others do not cover stands in expected.ts, and in words in SECURITY.md.
 */
import { assert, assertEquals } from "@std/assert";
import { onLinux } from "../support/proc.ts";
import { test } from "../support/within.ts";
import { names } from "./attempts/all.ts";
import { MARK } from "./attempts/target.ts";
import { DEPENDS, NOWHERE, SUCCEEDS } from "./expected.ts";

const LINUX = { ignore: !onLinux, deadline: 240_000 };

/** Makes all attempts in a script of its own. Returns the names of those that succeeded, and the reasons of the others. */
async function attempt(engine: string, scope: string): Promise<{ succeeded: string[]; outcomes: string }> {
  const script = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      "--unstable-worker-options",
      "--import-map=npm.import_map.json",
      "-A",
      "tests/security/run.ts",
      engine,
      scope,
      MARK,
    ],
    env: { ISOPOOL_SECRET: "x" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = script.stdin.getWriter();
  await writer.write(new TextEncoder().encode("typed\n"));
  await writer.close();
  const { stdout, stderr } = await script.output();
  const line = new TextDecoder().decode(stdout).trim().split("\n").at(-1)!;
  assert(line.startsWith("{"), line + new TextDecoder().decode(stderr));
  const outcomes: Record<string, string> = JSON.parse(line);
  assertEquals(Object.keys(outcomes), [...names]);
  return {
    succeeded: names.filter((name) => outcomes[name] === "succeeded"),
    outcomes: JSON.stringify(outcomes, undefined, 1),
  };
}

for (const scope of ["none", "narrow"] as const) {
  const title = scope === "none" ? "all are denied" : "all are denied but to follow links that lie in a granted folder";
  test(`${names.length} attempts on processes, scope ${scope}: ${title}`, async () => {
    const { succeeded, outcomes } = await attempt("process", scope);
    assertEquals(succeeded.toSorted(), SUCCEEDS.process[scope].toSorted(), outcomes);
  }, LINUX);

  test(`${names.length} attempts on scoped workers, scope ${scope}: those of the same process succeed`, async () => {
    const { succeeded, outcomes } = await attempt("scoped", scope);
    const expected = SUCCEEDS.scoped[scope].toSorted();
    assertEquals(succeeded.filter((name) => !DEPENDS.includes(name)).toSorted(), expected, outcomes);
  }, LINUX);
}

test(
  `${names.length} attempts on threads, which have the script's permissions: all succeed that the runtime has`,
  async () => {
    const { succeeded, outcomes } = await attempt("threads", "all");
    const expected = names.filter((name) => !NOWHERE.includes(name) && !DEPENDS.includes(name));
    assertEquals(succeeded.filter((name) => !DEPENDS.includes(name)), expected, outcomes);
  },
  LINUX,
);

test("the suite has at least 80 attempts", () => {
  assert(names.length >= 80);
});
