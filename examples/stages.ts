/**
 * Python: "ten people go to window A, then to window B: each goes on to B as soon as A is finished". With `pool.map(a)` and
 * then `pool.map(b)`, all of them wait at A for the last one.
 *
 * `stages()` is a pipeline: A downloads on this thread, B computes on workers, the last stage writes files. Each stage is
 * bounded and waits for the next one: a person is read when there is room.
 */
import { assert, assertEquals } from "@std/assert";
import { stages, tasks } from "@isopool/isopool";
import { localServer } from "./support/server.ts";
import { TempFolder } from "./support/temp.ts";
import { windowB } from "./tasks/window_b.ts";

const view = tasks<typeof import("./tasks/window_b.ts")>(import.meta.resolve("./tasks/window_b.ts"));

const PEOPLE = 60, A_AT_ONCE = 4, A_WAITING = 4, B_BUFFER = 4, LEAVING = 2;
const events: string[] = [];
let inside = 0, maxInside = 0;

/** Yields one person after another. */
function* people(): Generator<number> {
  for (let person = 0; person < PEOPLE; person++) {
    maxInside = Math.max(maxInside, ++inside);
    yield person;
  }
}

await using server = localServer();
using folder = new TempFolder();

async function windowA(person: number) {
  // The first person takes long at A; the others do not wait for it.
  const response = await fetch(server.url(person === 0 ? "/slow?ms=300" : `/get?id=${person}`));
  const page = await response.text();
  events.push(`A${person}`);
  return { person, page };
}

async function leave({ person, digest }: { person: number; digest: string }) {
  events.push(`B${person}`);
  await Deno.writeTextFile(folder.file(`${person}.txt`), digest);
  inside--;
}

await stages(people(), { ordered: false })
  .io(windowA, { concurrency: A_AT_ONCE, buffer: A_WAITING })
  .cpu(view.windowB, { workers: 2, buffer: B_BUFFER })
  .io(leave, { concurrency: LEAVING })
  .drain();

const at = (event: string) => events.indexOf(event);
const early = Array.from({ length: PEOPLE }, (_, i) => i).filter((person) => at(`B${person}`) < at(`A${PEOPLE - 1}`));
console.log(events.slice(0, 12).join(" "), "...");
console.log(`${early.length} had left window B before the last one left window A; at most ${maxInside} inside`);

assertEquals(events.length, 2 * PEOPLE);
for (let person = 0; person < PEOPLE; person++) {
  assert(at(`A${person}`) < at(`B${person}`));
  const page = person === 0 ? "slow ".repeat(200) : JSON.stringify({ id: String(person) });
  assertEquals(await Deno.readTextFile(folder.file(`${person}.txt`)), windowB({ person, page }).digest);
}
assert(early.length > PEOPLE / 2);
assert(maxInside <= A_AT_ONCE + A_WAITING + B_BUFFER + 2 * LEAVING + 2);
