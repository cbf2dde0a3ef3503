/** Applies the rules of `rules.ts` to all files below a folder, on all cores. Exit code 1 if something was found. */
import { Pool, tasks } from "@isopool/isopool";

const { lint } = tasks<typeof import("./rules.ts")>(import.meta.resolve("./rules.ts"));
const [folder, ...given] = Deno.args;
if (folder === undefined) {
  console.error("usage: deno task lint FOLDER [EXTENSION...]");
  Deno.exit(2);
}
const extensions = given.length > 0 ? given : ["ts", "js", "tsx", "jsx", "md"];

/** Finds the files below a folder, without hidden folders and `node_modules`. */
async function* files(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory, isFile } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory && !name.startsWith(".") && name !== "node_modules") yield* files(path);
    if (isFile && extensions.includes(name.split(".").at(-1)!)) yield path;
  }
}

let [read, found] = [0, 0];
{
  await using pool = new Pool();
  for await (const findings of pool.imap(lint, files(folder), { buffer: 256 })) {
    read++;
    found += findings.length;
    for (const { path, line, message } of findings) console.log(`${path}:${line}: ${message}`);
  }
}
console.error(`${read} files, ${found} findings`);
Deno.exitCode = found > 0 ? 1 : 0;
