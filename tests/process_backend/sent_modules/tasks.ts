/** Tasks whose modules are sent to other hosts: a relative import, one by the import map, one of a JSON file. */
import { delay } from "@std/async/delay";
import { context } from "@isopool/isopool/worker";
import { part } from "./part.ts";
import data from "./data.json" with { type: "json" };

/** Returns where this task runs, and what it was made of. */
export async function whereAmI(): Promise<{ pid: number; urls: string[]; answer: number }> {
  await delay(1);
  return { pid: Deno.pid, urls: [import.meta.url, part()], answer: data.answer };
}

/** Appends the id to a file, and returns it with the process, after some milliseconds. */
export async function work(file: string, id: number, ms: number): Promise<{ id: number; pid: number }> {
  Deno.writeTextFileSync(file, `${id}\n`, { append: true });
  await delay(ms);
  return { id, pid: Deno.pid };
}

/** Sets up a worker. */
export function setUp(value: number): void {
  context.state.value = value;
}

/** Returns what {@linkcode setUp} has set. */
export function state(): unknown {
  return context.state.value;
}
