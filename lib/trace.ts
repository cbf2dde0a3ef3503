/**
 * Pages of traces that `Pool.trace` has written.
 *
 * @example Look at a run
 * ```ts
 * import { assert } from "@std/assert";
 * import { inline, Pool } from "@isopool/isopool";
 * import { traceHtml } from "@isopool/isopool/trace";
 *
 * const folder = await Deno.makeTempDir();
 * {
 *   await using pool = new Pool(2);
 *   await using _trace = await pool.trace(`${folder}/trace.json`);
 *   await pool.map(inline((n: number) => n * n), [1, 2, 3]);
 * }
 * await traceHtml(`${folder}/trace.json`, `${folder}/trace.html`);
 * assert((await Deno.readTextFile(`${folder}/trace.html`)).includes("<canvas"));
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @module
 */
export { traceHtml } from "./observe/trace_html.ts";
