/** Runs an example by name, as in `deno task example primes`. Without a name it lists the examples. */
const here = new URL(".", import.meta.url);
/** Names of the examples, without `.ts`. */
export const names: readonly string[] = [...Deno.readDirSync(here)].map(({ name }) => name)
  .filter((name) => name.endsWith(".ts") && !name.endsWith("_test.ts") && name !== "run.ts")
  .map((name) => name.replace(/\.ts$/, "")).sort();

if (import.meta.main) {
  const [wanted, ...args] = Deno.args;
  if (!names.includes(wanted)) {
    if (wanted !== undefined) console.error(`No such example: ${wanted}. The examples are:`);
    console.log(names.join("\n"));
    Deno.exit(wanted === undefined ? 0 : 1);
  }
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      `--import-map=${new URL("../npm.import_map.json", here).href}`,
      "-A",
      new URL(`${wanted}.ts`, here).href,
      ...args,
    ],
  }).spawn();
  Deno.exit((await child.status).code);
}
