/**
 * Python: `class MyThread(Thread)` with a `run()`, and `MyThread().start()`.
 *
 * An object with methods cannot be sent to another isolate: structured clone copies data, not functions. So the worker
 * makes the object. Its module exports the class, and a function that constructs an object and runs it. That function is
 * the task; it has the arguments of the constructor.
 */
import { assertEquals } from "@std/assert";
import { Process, tasks } from "@isopool/isopool";
import { Crawler } from "./tasks/crawler.ts";

const { crawl } = tasks<typeof import("./tasks/crawler.ts")>(import.meta.resolve("./tasks/crawler.ts"));

const stop = new AbortController();
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, signal: stop.signal, onListen() {} }, (request) => {
  const { pathname, origin } = new URL(request.url);
  const page = Number(pathname.slice(1));
  return Response.json({ next: `${origin}/${(page + 1) % 6}` }); // After page 5 comes page 0 again.
});
const start = `http://127.0.0.1:${server.addr.port}/0`;

const crawler = new Process(crawl, [start, 100], { name: "crawler" }).start();
const found = await crawler.result();
console.log(`${crawler.name} found ${found.map((url) => new URL(url).pathname).join(" ")}`);
// The class also works without a worker.
assertEquals(found, await new Crawler(start, 100).run());
assertEquals(found.length, 6);

stop.abort();
await server.finished;
