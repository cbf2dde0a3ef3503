/** Runs an example by name, as in `deno task example primes`. Without a name it lists the examples. */
const here = new URL(".", import.meta.url);
const names = [...Deno.readDirSync(here)].map(({ name }) => name.replace(/\.ts$/, "")).filter((name) =>
  /^\d/.test(name)
)
  .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));

if (import.meta.main) {
  const [wanted, ...args] = Deno.args;
  const found = names.filter((name) => name === wanted || name.replace(/^\d+_/, "") === wanted);
  if (found.length !== 1) {
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
      new URL(`${found[0]}.ts`, here).href,
      ...args,
    ],
  }).spawn();
  Deno.exit((await child.status).code);
}
