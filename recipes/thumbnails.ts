/** Makes a small JPEG of each JPEG of a folder, on all cores. A file that is no image fails alone. */
import { Pool, tasks } from "@isopool/isopool";

const { thumbnail } = tasks<typeof import("./thumbnail.ts")>(import.meta.resolve("./thumbnail.ts"));
const [from, to, width = "320"] = Deno.args;
if (to === undefined || !(Number(width) >= 1)) {
  console.error("usage: deno task thumbnails FROM TO [WIDTH]");
  Deno.exit(2);
}

await Deno.mkdir(to, { recursive: true });
const names = [...Deno.readDirSync(from)].map(({ name }) => name).filter((name) => /\.jpe?g$/i.test(name)).sort();

await using pool = new Pool();
const calls = names.map((name): [string, string, number] => [`${from}/${name}`, `${to}/${name}`, Math.round(+width)]);
const outcomes = await pool.starmap(thumbnail, calls, { onError: "settle", timeout: 60_000, progress: true });
for (const outcome of outcomes) {
  const name = names[outcome.index];
  if (outcome.status === "fulfilled") console.log(`${name}: ${outcome.value.join(" x ")}`);
  else console.error(`${name}: ${outcome.reason}`);
}
Deno.exitCode = outcomes.some(({ status }) => status === "rejected") ? 1 : 0;
