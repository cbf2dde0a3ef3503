/** The soak tests refuse misspelt arguments: they would run something else, or nothing, and exit with 0. */
import { assertEquals, assertStringIncludes } from "@std/assert";

const ROOT = new URL("../../", import.meta.url);

/** File, wrong arguments, and a part of the message. */
const WRONG: [file: string, args: string[], message: string][] = [
  ["kills.ts", ["--scopd"], "--scopd"],
  ["kills.ts", ["many"], "kills is many"],
  ["leaks.ts", ["0"], "kills is 0"],
  ["processes.ts", ["100", "x"], "kills is x"],
  ["queue.ts", ["1e400"], "messages is 1e400"],
  ["load.ts", ["queue"], "The load is queue: it takes queued"],
  ["frames.ts", ["-1"], "frames is -1"],
  ["faults/main.ts", ["--round", "5"], "--round"],
  ["faults/main.ts", ["--backend", "thread"], "--backend is thread"],
  ["faults/main.ts", ["--rounds", "x"], "--rounds is x"],
  ["faults/memory.ts", ["--backend", "threads", "--task", "5"], "--task"],
  ["cluster.ts", ["netwrk"], "No such item: netwrk. The items are "],
  ["cluster.ts", ["--rounds", "x"], "--rounds is x"],
];

for (const [file, args, message] of WRONG) {
  Deno.test(`bench/soak/${file} ${args.join(" ")}: exit code 2, and a message that names the argument`, async () => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--import-map=npm.import_map.json", "-A", `bench/soak/${file}`, ...args],
      cwd: ROOT,
      stdin: "null",
      signal: AbortSignal.timeout(60_000),
    }).output();
    const text = new TextDecoder().decode(stderr);
    assertEquals([code, new TextDecoder().decode(stdout)], [2, ""], text);
    assertStringIncludes(text, message);
  });
}
