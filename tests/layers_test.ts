import { assert, assertEquals } from "@std/assert";

/** What each layer may import besides itself; ARCHITECTURE.md has the same table. */
const MAY: Record<string, string[]> = {
  core: [],
  protocol: ["core", "shared"],
  shared: ["core"],
  future: ["core"],
  task: ["core"],
  progress: ["core"],
  queue: ["core", "protocol", "shared"],
  manager: ["core", "protocol", "shared", "queue"],
  remote: ["core", "protocol", "shared", "queue", "manager"],
  transport: ["core", "protocol", "shared", "remote"],
  scheduler: ["core", "protocol", "future", "task", "transport"],
  observe: ["core", "protocol", "transport", "scheduler"],
  pool: [
    "core",
    "protocol",
    "shared",
    "future",
    "task",
    "queue",
    "manager",
    "transport",
    "scheduler",
    "checkpoint",
    "progress",
    "observe",
  ],
  process: ["core", "protocol", "shared", "future", "task", "queue", "manager", "transport", "scheduler", "pool"],
  checkpoint: ["core", "protocol", "future"],
  io: ["core", "checkpoint", "future", "progress"],
  stages: ["core", "future", "task", "pool", "io", "pooled.ts"],
  "pooled.ts": ["core", "checkpoint", "future", "io", "progress"],
  cluster: ["core", "protocol", "shared", "queue", "transport", "pool"],
  "cluster.ts": ["core", "cluster", "pool", "queue", "shared"],
  "shared.ts": ["core", "shared"],
  "queue.ts": ["core", "queue", "shared"],
  "manager.ts": ["core", "manager", "shared"],
  "trace.ts": ["core", "observe"],
  "process.ts": ["core", "process", "task"],
  // It uses the public API, and shares the hash of code with checkpoints.
  cli: ["core", "checkpoint", "cluster.ts", "trace.ts", "mod.ts"],
  "cli.ts": ["cli"],
  workers: ["core", "protocol", "shared", "queue", "manager", "remote"],
};

/** Packages, and which layers may use them. */
const PACKAGES: [RegExp, string[]][] = [
  [/^@std\/cli\//, ["cli"]],
  [/^@std\//, ["core"]],
  [/^(acorn|periscopic)$/, ["task"]],
  [/^(bullmq|ioredis)$/, ["cluster"]],
  [/^node:util\/types$/, ["core"]],
  [/^node:async_hooks$/, ["core", "transport", "workers", "manager"]],
  [/^node:v8$/, ["protocol", "workers"]],
  [/^node:(fs\/promises|path|url)$/, ["cli", "cluster"]],
  [/^node:/, ["transport", "workers", "pool", "cluster"]],
];

/** Named only so that a module graph reaches the workers' entries; never called. */
const GRAPH = ["lib/transport/entry.ts"];

const ROOT = new URL("../", import.meta.url);

interface Import {
  file: string;
  layer: string;
  target: string;
  typeOnly: boolean;
}

async function files(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}${entry.name}`;
    if (entry.isDirectory) found.push(...await files(`${path}/`));
    else if (path.endsWith(".ts")) found.push(path);
  }
  return found.sort();
}

function layerOf(path: string): string {
  const [top, next] = path.split("/");
  return top === "lib" ? next : top;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*.*?\*\//gs, "").replace(/^\s*\/\/.*$/gm, "");
}

async function imports(): Promise<Import[]> {
  const found: Import[] = [];
  for (const file of [...await files("lib/"), ...await files("workers/")]) {
    const text = withoutComments(await Deno.readTextFile(new URL(file, ROOT)));
    const statement = /^(?:import|export)\s+(type\s+)?(\{[^}]*\}|\*(?:\s+as\s+\w+)?|\w+)\s+from\s+"([^"]+)";/gm;
    for (const [, type, clause, target] of text.matchAll(statement)) {
      const names = clause.replace(/[{}]/g, "").split(",").map((name) => name.trim()).filter((name) => name !== "");
      const typeOnly = type !== undefined || names.every((name) => name.startsWith("type "));
      found.push({ file, layer: layerOf(file), target, typeOnly });
    }
    for (const [, target] of text.matchAll(/^import\s+"([^"]+)";/gm)) {
      found.push({ file, layer: layerOf(file), target, typeOnly: false });
    }
    for (const [, target] of text.matchAll(/\bimport\("([^"]+)"\)/g)) {
      found.push({ file, layer: layerOf(file), target, typeOnly: false });
    }
  }
  return found;
}

function resolved({ file, target }: Import): string {
  return new URL(target, new URL(file, ROOT)).href.slice(ROOT.href.length);
}

Deno.test("every import goes to a layer that the importing one may use", async () => {
  const all = await imports();
  assert(all.length > 50, "the import lines were not found");
  const wrong: string[] = [];
  for (const each of all) {
    const may = MAY[each.layer];
    if (!may) wrong.push(`${each.file}: layer ${each.layer} is not in the table`);
    else if (each.target.startsWith(".")) {
      const to = layerOf(resolved(each));
      if (to === "workers" && GRAPH.includes(each.file)) continue;
      if (to !== each.layer && !may.includes(to)) wrong.push(`${each.file} -> ${each.target}`);
    } else {
      const layers = PACKAGES.find(([pattern]) => pattern.test(each.target))?.[1];
      if (!layers?.includes(each.layer)) wrong.push(`${each.file} -> ${each.target}`);
    }
  }
  assertEquals(wrong, []);
});

Deno.test("no file imports itself in a circle, type imports included", async () => {
  const targets = Map.groupBy(
    (await imports()).filter(({ file, target }) => target.startsWith(".") && !GRAPH.includes(file)),
    ({ file }) => file,
  );
  const circles: string[] = [];
  const finished = new Set<string>();
  const visit = (file: string, path: string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
    if (path.includes(file) || finished.has(file)) return;
    for (const each of targets.get(file) ?? []) visit(resolved(each), [...path, file]);
    finished.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  assertEquals(circles, []);
});

Deno.test("the scheduler imports only types of the transport interface", async () => {
  const seen = (await imports()).filter((each) =>
    each.layer === "scheduler" && resolved(each).startsWith("lib/transport/")
  );
  assert(seen.length > 0);
  for (const each of seen) {
    assertEquals([each.file, resolved(each), each.typeOnly], [each.file, "lib/transport/transport.ts", true]);
  }
});

Deno.test("only lib/pool/backends.ts imports a concrete transport", async () => {
  const seen = (await imports()).filter((each) =>
    each.target.startsWith(".") && /^lib\/transport\/(?!transport\.ts|entry\.ts)/.test(resolved(each))
  );
  assert(seen.length > 0);
  assertEquals([...new Set(seen.map(({ file }) => file).filter((file) => !file.startsWith("lib/transport/")))], [
    "lib/pool/backends.ts",
  ]);
});

Deno.test("no file of lib/ or workers/ is longer than 250 lines", async () => {
  const long: string[] = [];
  for (const file of [...await files("lib/"), ...await files("workers/")]) {
    const lines = (await Deno.readTextFile(new URL(file, ROOT))).trimEnd().split("\n").length;
    if (lines > 250) long.push(`${file}: ${lines}`);
  }
  assertEquals(long, []);
});

Deno.test("every file of lib/ and workers/ begins with a module doc", async () => {
  const withoutDoc: string[] = [];
  for (const file of [...await files("lib/"), ...await files("workers/")]) {
    const text = await Deno.readTextFile(new URL(file, ROOT));
    if (!/^\/\*\*\n \* \S/.test(text)) withoutDoc.push(file);
  }
  assertEquals(withoutDoc, []);
});

/** Globals of the runtime that a program may replace, as the code uses them. */
const REPLACEABLE: Record<string, RegExp> = {
  performance: /(?<![\w.])performance\./,
  Atomics: /(?<![\w.])Atomics\./,
  JSON: /(?<![\w.])JSON\.(?:parse|stringify)\(/,
  crypto: /(?<![\w.])crypto\./,
  structuredClone: /(?<![\w.])structuredClone\(/,
  reportError: /(?<![\w.])reportError\(/,
  AbortController: /new AbortController\b/,
  DOMException: /new DOMException\b|instanceof DOMException\b/,
  Promise: /new Promise\b/,
  ReadableStream: /new ReadableStream\b/,
  TransformStream: /new TransformStream\b/,
  URL: /new URL\(|(?<![\w.])URL\.parse/,
};

Deno.test("lib/ and workers/ take the globals that a program may replace from core/platform.ts", async () => {
  const found: string[] = [];
  for (const file of [...await files("lib/"), ...await files("workers/")]) {
    if (file === "lib/core/platform.ts") continue;
    const text = withoutComments(await Deno.readTextFile(new URL(file, ROOT)));
    const imported = text.match(/import \{([^}]*)\} from "[^"]*\/platform\.ts"/)?.[1].split(",").map((name) =>
      name.trim()
    );
    for (const [name, use] of Object.entries(REPLACEABLE)) {
      if (use.test(text) && !imported?.includes(name)) found.push(`${file}: ${name}`);
    }
  }
  assertEquals(found, []);
});
