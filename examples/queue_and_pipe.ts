/**
 * Python: `q = Queue()`, `Process(target=f, args=(q,)).start()`, `print(q.get())`; and a `Pipe` between two processes.
 *
 * A queue takes every value that structured clone takes: dates, maps, bytes. A pipe has two ends, each used by one thread:
 * closing one end ends the loop at the other end.
 */
import { createHash } from "node:crypto";
import { assertEquals } from "@std/assert";
import { Pipe, Process, Queue, tasks } from "@isopool/isopool";
import type { Info } from "./tasks/conversation.ts";

const { f, digest } = tasks<typeof import("./tasks/conversation.ts")>(import.meta.resolve("./tasks/conversation.ts"));

const q = new Queue<Info>();
const p = new Process(f, [q]).start();
const info = await q.get();
await p.join();
console.log(info);
assertEquals(info, {
  when: new Date(0),
  from: "f",
  bytes: new Uint8Array([1, 2, 3]),
  counts: new Map([["some", 1], ["info", 1]]),
});

// This thread sends the content of files, the process sends back their hashes.
const [here, there] = Pipe<Uint8Array | string>();
const hashing = new Process(digest, [there]).start();
const files = ["README.md", "queue_and_pipe.ts", "tasks/conversation.ts"];
for (const name of files) {
  const bytes = await Deno.readFile(new URL(name, import.meta.url));
  await here.send(bytes);
  const hash = await here.recv();
  console.log(name, String(hash).slice(0, 16));
  assertEquals(hash, createHash("sha256").update(bytes).digest("hex"));
}
here.close();
assertEquals(await hashing.result(), files.length);
