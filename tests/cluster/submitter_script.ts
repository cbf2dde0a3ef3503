/** A pool as a script, which a test kills: the options of its cluster are the first argument, as JSON, its file the second. */
import { Pool, tasks } from "@isopool/isopool";
import { cluster } from "@isopool/isopool/cluster";
import type * as Tasks from "./tasks.ts";

const { record } = tasks<typeof Tasks>(import.meta.resolve("./tasks.ts"));
const pool = new Pool({ backend: cluster(JSON.parse(Deno.args[0])), workers: 500 });
await pool.starmap(record, Array.from({ length: 500 }, (_, n) => [Deno.args[1], n, 20] as const));
