/**
 * The folder and the server that the operations of tests/fixtures/tasks/operations.ts use.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import type { Resources } from "../fixtures/tasks/operations.ts";

/** {@linkcode Resources} that end with a block. */
export type OpenResources = Resources & AsyncDisposable;

/** Makes a folder with files and starts a server. */
export async function openResources(): Promise<OpenResources> {
  const folder = await Deno.makeTempDir({ prefix: "isopool-scope-" });
  const files: Record<string, string> = {
    "text.txt": "text",
    "data.json": `"text"`,
    "module.js": `export default "text";`,
    "variables.env": "ISOPOOL_LOADED=1",
    "worker.js": `postMessage("text");`,
    "thread.mjs": `import { parentPort } from "node:worker_threads"; parentPort.postMessage("text");`,
  };
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
  const database = new DatabaseSync(`${folder}/data.db`);
  database.exec("create table t (n); insert into t values (1)");
  database.close();
  const variable = "ISOPOOL_SCOPE_TEST";
  Deno.env.set(variable, "text");
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/socket") return Deno.upgradeWebSocket(request).response;
    if (pathname !== "/module.js") return new Response("text");
    return new Response(files["module.js"], { headers: { "content-type": "text/javascript" } });
  });
  return {
    folder,
    port: server.addr.port,
    variable,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      Deno.env.delete(variable);
      await Deno.remove(folder, { recursive: true });
    },
  };
}
