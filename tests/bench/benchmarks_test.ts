import { assert, assertEquals } from "@std/assert";
import { BENCHES } from "../../bench/all.ts";
import type { Result } from "../../bench/kit/report.ts";

const MAIN = new URL("../../bench/main.ts", import.meta.url).href;
const MAP = new URL("../../npm.import_map.json", import.meta.url).href;

/** Runs the benchmarks without peers, so that nothing is installed. */
async function smoke(folder: string, ...args: string[]): Promise<{ code: number; stderr: string }> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", `--import-map=${MAP}`, "-A", MAIN],
      ...["--quick", "--rounds", "1", "--no-peers", "--json", `${folder}/results.json`, "--svg", `${folder}/plot.svg`],
      ...args,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal: AbortSignal.timeout(240_000),
  });
  const { code, stderr } = await command.output();
  return { code, stderr: new TextDecoder().decode(stderr) };
}

Deno.test("every benchmark runs, and gives a figure for isopool and for the bare runtime", async () => {
  const folder = await Deno.makeTempDir({ prefix: "isopool-test-" });
  try {
    assertEquals(await smoke(folder), { code: 0, stderr: "" });
    const { results }: { results: Result[] } = JSON.parse(await Deno.readTextFile(`${folder}/results.json`));
    assertEquals(results.map(({ bench }) => bench), BENCHES.map(({ name }) => name));
    for (const [i, { bench, contestants }] of results.entries()) {
      const wanted = BENCHES[i].contestants.filter(({ peer }) => !peer).map(({ name }) => name);
      assertEquals([bench, contestants.map(({ contestant }) => contestant)], [bench, wanted]);
      for (const { contestant, unavailable, figure } of contestants) {
        assertEquals([bench, contestant, unavailable], [bench, contestant, undefined]);
        assert(figure!.median > 0, `${bench}, ${contestant}: ${figure!.median}`);
      }
    }
    const plot = await Deno.readTextFile(`${folder}/plot.svg`);
    for (const { name } of BENCHES) assert(plot.includes(`>${name}: `), `${name} is not in the plot`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("an unknown benchmark is refused with the names of all benchmarks", async () => {
  const { code, stderr } = await smoke("/nowhere", "round", "flight_of_fancy");
  assertEquals(code, 2);
  assert(stderr.includes("No such benchmark: flight_of_fancy") && stderr.includes("in_flight_1k"), stderr);
});
