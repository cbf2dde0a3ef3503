/**
 * Facts that the scoped engine relies on and Deno does not promise (ARCHITECTURE.md, decision B). Each is tested in a
 * script of its own, because each is about a process.
 */
import { assertEquals } from "@std/assert";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

const permissions = ["-A", "--unstable-worker-options"];

const START = `
import { MessageChannel } from "node:worker_threads";
const start = (code) => {
  const entry = "onmessage = ({ data: { port } }) => { port.onmessage = () => {}; " + code + " };";
  const worker = new Worker("data:text/javascript," + encodeURIComponent(entry), {
    type: "module",
    deno: { permissions: "none" },
  });
  worker.onerror = (event) => event.preventDefault();
  const { port1, port2 } = new MessageChannel();
  const posted = [];
  port1.onmessage = ({ data }) => posted.push(data);
  const closed = new Promise((resolve) => port1.on("close", () => resolve("closed")));
  // Last, because adding a listener refs the port.
  port1.unref();
  const late = new Promise((resolve) => setTimeout(() => resolve("open"), 1_000));
  worker.postMessage({ port: port2 }, [port2]);
  return { worker, posted, end: Promise.race([closed, late]) };
};
const nameless = Object.getOwnPropertySymbols(Worker.prototype).filter((symbol) => !symbol.description);
`;

test("a web worker's port closes however the worker ends, and after all messages that it has posted", async () => {
  const { stdout, stderr } = await runScript(
    `${START}
    const ways = {
      exit: "port.postMessage(1); Deno.exit(3)",
      close: "port.postMessage(1); close()",
      throw: "port.postMessage(1); setTimeout(() => { throw new Error('x') })",
    };
    const seen = [];
    for (const code of Object.values(ways)) {
      const { worker, posted, end } = start(code);
      seen.push(await end, posted.length);
      worker.terminate();
    }
    console.log(JSON.stringify(seen));`,
    { permissions },
  );
  assertEquals(stdout, `["closed",1,"closed",1,"closed",1]\n`, `revisit lib/transport/web.ts: ${stderr}`);
});

test("Deno.exit in a web worker fires unload there, with its code; the process goes on", async () => {
  const { code, stdout } = await runScript(
    `${START}
    const { posted, end } = start("addEventListener('unload', () => port.postMessage(Deno.exitCode)); Deno.exit(3)");
    console.log(await end, posted);`,
    { permissions },
  );
  assertEquals([code, stdout], [0, "closed [ 3 ]\n"], "revisit reportEnd in workers/web.ts");
});

test("a web worker has one method under a symbol without description; called with false, it lets the script end", async () => {
  const { code, stdout, late } = await runScript(
    `${START}
    const { worker } = start("setTimeout(() => { for (;;); })");
    worker[nameless[0]](false);
    console.log(nameless.length);`,
    { permissions },
  );
  assertEquals([code, late, stdout], [0, false, "1\n"], "revisit unref in lib/transport/web.ts");
});

test("terminate() does not end a web worker that spins (if it did, no worker would have to be abandoned)", async () => {
  const { stdout } = await runScript(
    `${START}
    const { worker, end } = start("setTimeout(() => { for (;;); }, 5)");
    worker[nameless[0]](false);
    setTimeout(() => worker.terminate(), 100);
    console.log(await end);`,
    { permissions },
  );
  assertEquals(stdout, "open\n", "revisit decision B in ARCHITECTURE.md");
});

test("node:vm interrupts synchronous code in a web worker, and the worker lives on", async () => {
  const { stdout } = await runScript(
    `const code = \`
      import { Script } from "node:vm";
      globalThis.run = () => { for (;;) try { for (;;); } catch {} };
      try { new Script("run()").runInThisContext({ timeout: 20, displayErrors: false }); } catch (error) { postMessage(error.code); }\`;
    const worker = new Worker("data:text/javascript," + encodeURIComponent(code), { type: "module" });
    worker.onmessage = ({ data }) => { console.log(data); worker.terminate(); };`,
    { permissions },
  );
  assertEquals(stdout, "ERR_SCRIPT_EXECUTION_TIMEOUT\n", "revisit runWithin in workers/web.ts");
});
