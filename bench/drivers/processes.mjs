/**
 * Processes without a library, as contestants: `child_process.fork` with the serialization "advanced" (Node), and `deno run`
 * children over a unix socket, which write nothing but frames. They handle no errors and have no limits.
 *
 * @module
 */
import { fork, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { frames } from "../tasks/bare_frames.mjs";
import { serve } from "./driver.mjs";

const CHILD = fileURLToPath(new URL("../tasks/bare_process.mjs", import.meta.url));

/** @type {Record<string, import("../workloads/adapter.mjs").Adapter>} */
const VARIANTS = {
  fork: { open: (workers, task) => pool(Array.from({ length: workers }, () => forked(task))) },
  unix: {
    open: async (workers, task) => pool(await Promise.all(Array.from({ length: workers }, () => connected(task)))),
  },
};

await serve((variant) => VARIANTS[variant]);

function pool(children) {
  let turn = 0;
  return {
    run: (arg) => children[turn++ % children.length].ask(arg),
    close: () => Promise.all(children.map((child) => child.close())),
  };
}

function forked(task) {
  const child = fork(CHILD, [task], { serialization: "advanced" });
  const waiting = [];
  child.on("message", (data) => waiting.shift()(data));
  return {
    ask: (arg) => new Promise((resolve) => (waiting.push(resolve), child.send(arg))),
    close: () => ended(child),
  };
}

async function connected(task) {
  const folder = mkdtempSync(`${tmpdir()}/bench-`);
  const path = `${folder}/socket`;
  const listener = Deno.listen({ transport: "unix", path });
  const child = spawn(process.execPath, ["run", "--quiet", "-A", CHILD, task, path], { stdio: "ignore" });
  const { send, messages } = frames(await listener.accept());
  listener.close();
  rmSync(folder, { recursive: true });
  return {
    async ask(arg) {
      await send(arg);
      return (await messages.next()).value;
    },
    close: () => ended(child),
  };
}

function ended(child) {
  return new Promise((resolve) => {
    child.on("exit", resolve);
    child.kill("SIGKILL");
  });
}
