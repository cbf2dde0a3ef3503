/** Attempts to load code and data as modules, to get permissions, and to get behind the runtime. */
import { createRequire, register } from "node:module";
import process from "node:process";
import vm from "node:vm";
import { Worker as NodeWorker } from "node:worker_threads";
import { type Attempt, first, inWorker, SECRET } from "./target.ts";

// A specifier that is not in the module graph.
const computed = (text: string): string => text;
const secretOf = (module: { default?: unknown }): unknown => module.default;

/** Modules. */
export const modules: Record<string, Attempt> = {
  "import of a local module": async ({ folder }) => secretOf(await import(computed(`file://${folder}/module.js`))),
  "import of a local module by a path with ..": async ({ folder }) =>
    secretOf(await import(computed(`file://${folder}/open/../module.js`))),
  "import of a JSON file": async ({ folder }) =>
    secretOf(await import(computed(`file://${folder}/data.json`), { with: { type: "json" } })),
  "import of a text file": async ({ folder }) =>
    secretOf(await import(computed(`file://${folder}/secret`), { with: { type: "text" } } as never)),
  "import of a remote module": async ({ port }) => secretOf(await import(computed(`http://127.0.0.1:${port}/a.js`))),
  "import by a data: URL of a local module": async ({ folder }) =>
    secretOf(
      await import(
        computed(`data:text/javascript,export { default } from ${JSON.stringify(`file://${folder}/module.js`)}`)
      ),
    ),
  "import by a blob: URL of a local module": async ({ folder }) => {
    const text = `export { default } from ${JSON.stringify(`file://${folder}/module.js`)}`;
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    return secretOf(await import(url));
  },
  "import.meta.resolve and import": async ({ folder }) =>
    secretOf(await import(import.meta.resolve(`file://${folder}/module.js`))),
  "require of a local module": ({ folder }) => createRequire(`file://${folder}/`)(`${folder}/module.cjs`),
  "import of source by node:module hooks": async ({ folder }) => {
    register(`file://${folder}/module.js`, import.meta.url);
    return secretOf(await import(computed(`file://${folder}/module.js`)));
  },
  // A task must not reach the network by names of packages, either. The package does not exist.
  "npm: asks the registry": () => reaches(() => import(computed(`npm:isopool-no-such-package-${Deno.pid}`))),
  "jsr: asks the registry": () => reaches(() => import(computed("jsr:@isopool/no-such-package"))),
};

/** Whether an import gets as far as the network: it loads, or fails there. */
async function reaches(load: () => unknown): Promise<boolean> {
  try {
    await load();
  } catch (error) {
    if (/cached-only|Requires/.test(String(error))) throw error;
  }
  return true;
}

/** Permissions, and workers of the task's own. */
export const permissions: Record<string, Attempt> = {
  "Deno.permissions.request": async ({ folder }) => {
    await Deno.permissions.request({ name: "read", path: folder });
    return Deno.readTextFileSync(`${folder}/secret`);
  },
  "Deno.permissions.requestSync": ({ folder }) => {
    Deno.permissions.requestSync({ name: "run" });
    Deno.permissions.requestSync({ name: "read" });
    return Deno.readTextFileSync(`${folder}/secret`);
  },
  "a Web Worker": ({ folder }) => inWorker(reader(`${folder}/secret`)),
  "a Web Worker with permissions": ({ folder }) =>
    inWorker(reader(`${folder}/secret`), { deno: { permissions: { read: true } } }),
  "a Web Worker that inherits": ({ folder }) =>
    inWorker(reader(`${folder}/secret`), { deno: { permissions: "inherit" } }),
  "a Web Worker of a local module": ({ folder }) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(`file://${folder}/worker.js`, { type: "module" });
      worker.onmessage = ({ data }) => (worker.terminate(), resolve(data));
      worker.onerror = (event) => (event.preventDefault(), reject(new Error(event.message)));
    }),
  "a thread of node:worker_threads": ({ folder }) =>
    inThread(`require("node:fs").readFileSync(${JSON.stringify(`${folder}/secret`)}, "utf8")`),
  "a thread with an environment of its own": () =>
    inThread(`require("node:child_process").execSync("echo $ISOPOOL_SECRET", { encoding: "utf8" }).trim()`),
  "a thread of a local module": async ({ folder }) => {
    const worker = new NodeWorker(`${folder}/thread.cjs`);
    const value = await first(worker, "message");
    await worker.terminate();
    return value;
  },
};

const reader = (path: string) => `
  try { postMessage(Deno.readTextFileSync(${JSON.stringify(path)})); } catch { postMessage(undefined); }`;

async function inThread(expression: string): Promise<unknown> {
  const text = `
    const { parentPort } = require("node:worker_threads");
    let value; try { value = ${expression}; } catch {}
    parentPort.postMessage({ value });`;
  const worker = new NodeWorker(text, { eval: true });
  const { value } = await first(worker, "message") as { value?: unknown };
  await worker.terminate();
  return value;
}

/** Ways behind the runtime: each ends in reading the secret, since that is what a way is good for. */
export const runtime: Record<string, Attempt> = {
  "process.binding of fs": ({ folder }) => {
    const { binding } = process as unknown as {
      binding(name: string): Record<string, (...args: unknown[]) => unknown>;
    };
    const fs = binding("fs");
    return (fs.readFileUtf8 ?? unavailable)(`${folder}/secret`, 0);
  },
  "process.binding of spawn_sync": () => {
    const { binding } = process as unknown as {
      binding(name: string): Record<string, (...args: unknown[]) => unknown>;
    };
    return (binding("spawn_sync").spawn ?? unavailable)({ file: "/bin/true", args: [] });
  },
  "another context of node:vm": ({ folder }) => {
    const run = vm.runInNewContext(`this.constructor.constructor("return this")()`) as { Deno?: typeof Deno };
    return (run.Deno ?? Deno).readTextFileSync(`${folder}/secret`);
  },
  "process.getBuiltinModule": ({ folder }) =>
    process.getBuiltinModule("node:fs").readFileSync(`${folder}/secret`, "utf8"),
  "the Function constructor": ({ folder }) =>
    new Function("path", "return Deno.readTextFileSync(path)")(`${folder}/secret`),
  "the runtime's internals": ({ folder }) => {
    const { core } = internals();
    const op = core.ops.op_read_file_text_sync ?? core.ops.op_fs_read_file_text_sync ?? unavailable;
    return op(`${folder}/secret`);
  },
  "a resource of the runtime's by its number": () => {
    const { core } = internals();
    // What is no stream of this worker's.
    const id = Object.entries(core.resources()).find(([id, name]) => Number(id) > 2 && /file/i.test(name))?.[0];
    return id === undefined ? undefined : core.readSync(Number(id), new Uint8Array(8));
  },
  "a path object whose text changes": ({ folder }) => {
    let count = 0;
    const path = { toString: () => count++ === 0 ? `${folder}/open/file` : `${folder}/secret` };
    const text = Deno.readTextFileSync(path as never);
    return text.includes(SECRET) ? text : undefined;
  },
  "a prototype of URL that changes the path": ({ folder }) => {
    class Path extends URL {
      override get pathname(): string {
        return `${folder}/secret`;
      }
    }
    const text = Deno.readTextFileSync(new Path(`file://${folder}/open/file`));
    return text.includes(SECRET) ? text : undefined;
  },
};

interface Internals {
  readonly core: {
    readonly ops: Record<string, (path: string) => unknown>;
    resources(): Record<string, string>;
    readSync(id: number, bytes: Uint8Array): number;
  };
}

function internals(): Internals {
  const { internal } = Deno as unknown as { internal: symbol };
  return (Deno as unknown as Record<symbol, Internals>)[internal];
}

function unavailable(): never {
  throw new Error("not in this runtime");
}
