/**
 * Makes every attempt on one kind of worker, in a process of its own, since some succeed on threads. Prints a line of JSON.
 *
 *   deno run -A tests/security/run.ts threads|scoped|process all|none|narrow [attempt]
 *
 * @module
 */
import { Pool, type PoolOptions, tasks, TaskTimeoutError, WorkerCrashedError } from "@isopool/isopool";
import { names } from "./attempts/all.ts";
import { MARK, SECRET, type Target } from "./attempts/target.ts";

// An attempt searches for MARK in the arguments of the host.
const [engine, scope, only] = Deno.args.filter((each) => each !== MARK);
if (
  !["threads", "scoped", "process"].includes(engine) || !["all", "none", "narrow"].includes(scope) ||
  only !== undefined && !names.includes(only)
) {
  console.error(`Usage: run.ts threads|scoped|process all|none|narrow [attempt]; attempts:\n${names.join("\n")}`);
  Deno.exit(2);
}
const own = tasks<typeof import("./attempts/all.ts")>(import.meta.resolve("./attempts/all.ts"));

const folder = Deno.realPathSync(Deno.makeTempDirSync());
for (const name of ["open", "out"]) Deno.mkdirSync(`${folder}/${name}`);
for (const name of ["secret", "victim", "victim2", "victim3", "victim4", "open/file"]) {
  Deno.writeTextFileSync(`${folder}/${name}`, name === "open/file" ? "open" : SECRET);
}
Deno.writeTextFileSync(`${folder}/open/.env`, "ISOPOOL_LOADED=1");
Deno.symlinkSync("../secret", `${folder}/open/link`);
Deno.symlinkSync("..", `${folder}/open/up`);
Deno.symlinkSync("secret", `${folder}/link`);
const answer = `export default ${JSON.stringify(SECRET)};`;
Deno.writeTextFileSync(`${folder}/module.js`, answer);
Deno.writeTextFileSync(`${folder}/module.cjs`, `module.exports = ${JSON.stringify(SECRET)};`);
Deno.writeTextFileSync(`${folder}/worker.js`, `postMessage(${JSON.stringify(SECRET)});`);
Deno.writeTextFileSync(`${folder}/thread.cjs`, `require("node:worker_threads").parentPort.postMessage("x");`);
Deno.writeTextFileSync(`${folder}/data.json`, `{ "secret": ${JSON.stringify(SECRET)} }`);
{
  const { DatabaseSync } = await import("node:sqlite");
  const base = new DatabaseSync(`${folder}/base.db`);
  base.exec("create table t(a)");
  base.close();
}

const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
  if (request.headers.get("upgrade") === "websocket") return Deno.upgradeWebSocket(request).response;
  const type = request.url.endsWith("/events") ? "text/event-stream" : "text/javascript";
  return new Response(answer, { headers: { "content-type": type } });
});
const { port } = server.addr;
const open = Deno.serve(
  { port: 0, hostname: "127.0.0.1", onListen() {} },
  () => Response.redirect(`http://127.0.0.1:${port}/`),
);
Deno.serve(
  { transport: "unix", path: `${folder}/socket`, onListen() {} } as never,
  () => new Response(SECRET),
);
// What a task of another worker or the host itself holds.
const channel = new BroadcastChannel("isopool-test");
channel.onmessage = () => channel.postMessage(SECRET);
void (navigator as unknown as { locks: { request(name: string, run: () => Promise<void>): Promise<void> } }).locks
  .request("isopool-test", () => new Promise(() => {}));

const narrow = {
  read: [`${folder}/open`],
  write: [`${folder}/out`],
  net: [`127.0.0.1:${open.addr.port}`],
  env: ["ISOPOOL_OPEN"],
};
const options: PoolOptions = {
  workers: 1,
  timeout: 10_000,
  backend: engine === "process" ? "process" : "worker",
  ...engine !== "threads" && { permissions: scope === "none" ? "none" : narrow },
};
const group = Number(Deno.readTextFileSync("/proc/self/stat").split(") ")[1].split(" ")[2]);
const target: Target = { group, folder, port, openPort: open.addr.port, socket: `${folder}/socket`, host: Deno.pid };
const outcomes: Record<string, string> = {};
{
  await using pool = new Pool(options);
  for (const name of only === undefined ? names : [only]) {
    try {
      outcomes[name] = await pool.submit(own.attempt, name, target);
    } catch (error) {
      // The attempt may cost the task its worker, and nothing else.
      if (!(error instanceof WorkerCrashedError) && !(error instanceof TaskTimeoutError)) throw error;
      outcomes[name] = `denied: ${error}`;
    }
  }
}
console.log(`\n${JSON.stringify(outcomes)}`);
channel.close();
Deno.removeSync(folder, { recursive: true });
Deno.exit(0);
