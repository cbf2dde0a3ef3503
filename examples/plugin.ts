/**
 * Python: no equivalent; a plugin can do everything that the script can do.
 *
 * The option `permissions` limits what the tasks of a pool may do, even if the script itself may do more: here they may
 * read one folder, and the runtime denies them the network. This guards against mistakes and curious code, not against
 * attackers: see SECURITY.md. It needs `--unstable-worker-options`, which this project's deno.json sets.
 */
import { assertEquals } from "@std/assert";
import { Pool, tasks } from "@isopool/isopool";
import { TempFolder } from "./support/temp.ts";

const plugin = tasks<typeof import("./tasks/plugin.ts")>(import.meta.resolve("./tasks/plugin.ts"));

const received: string[] = [];
await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
  received.push(await request.text());
  return new Response("thank you");
});
const home = `http://127.0.0.1:${server.addr.port}/`;

using pages = new TempFolder();
using elsewhere = new TempFolder();
const markdown = "# Title\n\nSome *important* text, 1 < 2.";
const html = "<h1>Title</h1>\n<p>Some <em>important</em> text, 1 &lt; 2.</p>";
for (const folder of [pages, elsewhere]) Deno.writeTextFileSync(folder.file("page.md"), markdown);

{
  await using pool = new Pool({ workers: 2, permissions: { net: false, read: [pages.path] } });
  assertEquals(await pool.submit(plugin.render, markdown), html);
  assertEquals(await pool.submit(plugin.renderFile, pages.file("page.md")), html);

  for (
    const attempt of [
      pool.submit(plugin.renderAndSend, markdown, home),
      pool.submit(plugin.renderFile, elsewhere.file("page.md")),
    ]
  ) {
    const error = await attempt.exception() as Error;
    console.log(`denied: ${error.message.split(",")[0].split(/ to "/)[0]}`);
    assertEquals(error.name, "NotCapable");
  }
}
console.log(`with permissions, ${received.length} texts were sent home`);
assertEquals(received, []);

{
  await using pool = new Pool(1);
  assertEquals(await pool.submit(plugin.renderAndSend, markdown, home), html);
}
console.log(`without, ${received.length} was`);
assertEquals(received, [markdown]);
