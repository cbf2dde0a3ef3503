/**
 * Breaks the library on purpose, a defect at a time, in a copy of the repository, and runs the tests that must see it.
 * Prints a table in Markdown. A defect that no test sees is a missing test.
 *
 * ```sh
 * deno task mutations              # all of them: half an hour
 * deno task mutations Lock cluster # those whose defect or file has one of these words
 * ```
 *
 * @module
 */
import { ALL } from "./all.ts";
import type { Mutation } from "./mutation.ts";

const ROOT = new URL("../../", import.meta.url);
/** Milliseconds after which a test file is stopped: a defect may make it hang. */
const FILE_TIMEOUT = 180_000;

/** Makes a copy of the files that git knows, with their present text. */
async function copyRepository(): Promise<string> {
  const { stdout, success } = await new Deno.Command("git", { args: ["ls-files", "-z"], cwd: ROOT }).output();
  if (!success) throw new Error("git ls-files failed: run this in a clone of the repository");
  const folder = await Deno.makeTempDir({ prefix: "isopool-mutations-" });
  for (const path of new TextDecoder().decode(stdout).split("\0").filter((path) => path !== "")) {
    await Deno.mkdir(`${folder}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.copyFile(new URL(path, ROOT), `${folder}/${path}`);
  }
  return folder;
}

/** Runs the tests of a mutation in a folder. Gives the file and the title of the first test that failed. */
async function firstFailure(folder: string, { tests, filter }: Mutation): Promise<string | undefined> {
  for (const file of tests) {
    const { code, stdout, signal } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["test", "--no-check", "--no-prompt", "--fail-fast", "--import-map=npm.import_map.json", "-A"],
        ...filter === undefined ? [] : ["--filter", filter],
        file,
      ],
      cwd: folder,
      env: { NO_COLOR: "1" },
      stdin: "null",
      stderr: "null",
      signal: AbortSignal.timeout(FILE_TIMEOUT),
    }).output();
    if (code === 0) continue;
    const text = new TextDecoder().decode(stdout);
    const title = /^ ?FAILURES ?$\s*^(.*?)(?: => .*)?$/m.exec(text)?.[1];
    if (title === undefined && signal === null) throw new Error(`${file} does not run: ${text}`);
    return `\`${file.replace("tests/", "")}\`: ${title ?? "it hangs"}`;
  }
}

const words = Deno.args;
const chosen = ALL.filter(({ defect, file }) =>
  words.length === 0 || words.some((word) => `${defect} ${file}`.includes(word))
);
const misspelt = words.filter((word) => !ALL.some(({ defect, file }) => `${defect} ${file}`.includes(word)));
if (misspelt.length > 0) {
  console.error(`no defect or file has ${misspelt.join(", ")}`);
  Deno.exit(2);
}
const folder = await copyRepository();
const rows: string[] = [];
let survivors = 0;
try {
  for (const mutation of chosen) {
    const { defect, file, text, by } = mutation;
    const path = `${folder}/${file}`;
    const source = await Deno.readTextFile(path);
    if (source.split(text).length !== 2) throw new Error(`${file} has not exactly one ${JSON.stringify(text)}`);
    await Deno.writeTextFile(path, source.replace(text, () => by));
    const failure = await firstFailure(folder, mutation);
    await Deno.writeTextFile(path, source);
    if (failure === undefined) survivors++;
    rows.push(`| \`${file}\` | ${defect} | ${failure?.replaceAll("|", "\\|") ?? "**no test saw it**"} |`);
    console.error(rows.at(-1));
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
console.log(["| file | defect | the first test that fails |", "| --- | --- | --- |", ...rows].join("\n"));
console.log(`\n${rows.length} defects, ${rows.length - survivors} seen`);
if (survivors > 0 || rows.length === 0) Deno.exit(1);
