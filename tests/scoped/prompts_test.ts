/**
 * On a terminal, Deno shows a prompt for a permission that a task lacks. `script` of util-linux makes a real terminal
 * here.
 */
import { assert, assertEquals } from "@std/assert";
import { onLinux } from "../support/proc.ts";
import { test } from "../support/within.ts";

const ROOT = new URL("../../", import.meta.url);

const SCRIPT = `
import { inline, Pool } from "@isopool/isopool";
for (let n = 0; n < 2; n++) {
  await using pool = new Pool({ workers: 1, permissions: "none" });
  const name = inline((path) => { try { return Deno.readTextFileSync(path); } catch (error) { return error.name; } });
  console.log("saw", await pool.submit(inline(() => 42).with({ timeout: 10_000 })));
  if (Deno.args.includes("read")) console.log("read", await pool.submit(name, "/etc/hostname"));
}
`;

const hasTerminal = onLinux &&
  await new Deno.Command("script", { args: ["--version"] }).output().then(({ success }) => success, () => false);

async function onTerminal(flags: string[], args: string[], env: Record<string, string> = {}): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "isopool-test-" });
  try {
    await Deno.writeTextFile(`${folder}/main.ts`, SCRIPT);
    const map = new URL("npm.import_map.json", ROOT).pathname;
    const command = [
      Deno.execPath(),
      ..."run --quiet --no-check --no-lock --unstable-worker-options".split(" "),
      `--import-map=${map}`,
      ...flags,
      `${folder}/main.ts`,
      ...args,
    ];
    const { stdout } = await new Deno.Command("script", {
      args: ["-qec", command.join(" "), "/dev/null"],
      env: { NO_COLOR: "1", DENO_NO_PROMPT: "", ...env },
      stdin: "null",
      signal: AbortSignal.timeout(20_000),
    }).output();
    return new TextDecoder().decode(stdout);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const warned = (text: string) => text.split("isopool: on this terminal").length - 1;

test("on a terminal, a pool with permissions warns of prompts once, and causes none itself", async () => {
  const text = await onTerminal(["-A"], []);
  assert(!text.includes("Allow?"), text);
  assertEquals([warned(text), text.match(/saw 42/g)?.length], [1, 2], text);
}, { ignore: hasTerminal ? false : "there is no pseudo-terminal" });

test("with DENO_NO_PROMPT=1 or --no-prompt there is no warning, and the task is denied without a prompt", async () => {
  for (const [flags, env] of [[["-A"], { DENO_NO_PROMPT: "1" }], [["-A", "--no-prompt"], {}]] as const) {
    const text = await onTerminal([...flags], ["read"], env);
    assertEquals([warned(text), text.match(/read NotCapable/g)?.length], [0, 2], text);
    assert(!text.includes("Allow?"), text);
  }
}, { ignore: hasTerminal ? false : "there is no pseudo-terminal" });
