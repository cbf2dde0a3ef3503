/**
 * A process that runs one task, without the library: over the channel of `child_process.fork` (Node), or over a unix socket
 * with frames of its own (Deno).
 *
 * ```
 * node bare_process.mjs                       messages in the format of structured clone
 * deno run bare_process.mjs TASK PATH         kind u8 | length u32 | a number as 8 bytes, or bytes
 * ```
 *
 * @module
 */
import process from "node:process";
import { frames } from "./bare_frames.mjs";
import * as tasks from "./tasks.mjs";

const [task, path] = process.argv.slice(2);
const fn = tasks[task];

if (path === undefined) process.on("message", (data) => process.send(fn(data)));
else {
  const { send, messages } = frames(await Deno.connect({ transport: "unix", path }));
  for await (const message of messages) await send(fn(message));
}
