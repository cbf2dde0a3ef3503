/**
 * Python: `class MyThread(Thread)` with a `run()`, and `MyThread().start()`.
 *
 * An object cannot take its methods along to another isolate: functions do not cross, only data does. So the object is
 * made where it runs. Its module exports the class, and a function that makes one and runs it: that is the task, and the
 * arguments of the constructor are its arguments.
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
// The class itself is an ordinary one.
assertEquals(found, await new Crawler(start, 100).run());
assertEquals(found.length, 6);

stop.abort();
await server.finished;
