/**
 * Python: one Selenium and Chrome for each id, in a `multiprocessing.Pool`. A page that never ends keeps its process, and
 * the browser of a process that is killed stays behind.
 *
 * Here each task starts a Chromium of its own, in a worker process. One page never ends its script: the timeout stops its
 * task by force. Playwright puts a browser into a process group of its own, where the kill of the worker does not reach it:
 * it ends because its pipe to the worker ends.
 */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { Pool, tasks, TaskTimeoutError } from "@isopool/isopool";
import { findChromium, processesWith } from "./support/chromium.ts";
import { TempFolder } from "./support/temp.ts";

const { visit } = tasks<typeof import("./tasks/browse.ts")>(import.meta.resolve("./tasks/browse.ts"));

const program = findChromium();
if (program === undefined) {
  console.log("no Chromium here: install it, or set CHROME to its path");
  Deno.exit(0);
}

// The browsers have their temporary files here, so each of their processes has this path in its arguments or environment.
using folder = new TempFolder();
const running = () => Deno.build.os === "linux" ? processesWith(folder.path) : [];
let most = 0;

await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
  most = Math.max(most, running().length);
  const { pathname } = new URL(request.url);
  const script = pathname === "/hang" ? "for (;;);" : "document.title = `Page ${location.pathname}`;";
  const html = `<!doctype html><body style="background: ${pathname.slice(1)}"><script>${script}</script>`;
  return new Response(html, { headers: { "content-type": "text/html" } });
});
const url = (path: string): string => `http://127.0.0.1:${server.addr.port}${path}`;

{
  const env = { ...Deno.env.toObject(), TMPDIR: folder.path };
  await using pool = new Pool({ backend: "process", workers: 2, timeout: 60_000, env });

  const hanging = pool.submit(visit.with({ timeout: 5_000 }), program, url("/hang"));
  const visits = await pool.starmap(visit, ["/red", "/green", "/blue"].map((path) => [program, url(path)] as const));
  for (const { title, screenshot } of visits) {
    const { width, height } = pngSize(screenshot);
    console.log(`${title.padEnd(11)} screenshot of ${width} x ${height}, ${screenshot.length} bytes`);
    assertEquals([width, height], [320, 200]);
  }
  assertEquals(visits.map(({ title }) => title), ["Page /red", "Page /green", "Page /blue"]);
  assertEquals(new Set(visits.map(({ screenshot }) => screenshot.toBase64())).size, 3);

  const error = await hanging.exception() as Error;
  assertInstanceOf(error, TaskTimeoutError);
  console.log(`/hang       ${error.message}`);
}

const deadline = Date.now() + 30_000;
while (running().length > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
console.log(`at most ${most} processes of browsers and workers, now ${running().length}`);
assertEquals(running(), []);
assert(most > 2 || Deno.build.os !== "linux");

/** Reads the size of a PNG. */
function pngSize(png: Uint8Array): { width: number; height: number } {
  const view = new DataView(png.buffer, png.byteOffset);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}
