/**
 * Facts about child processes that backend "process" relies on.
 */
import { spawn } from "node:child_process";
import { assert, assertEquals } from "@std/assert";
import { onLinux } from "../support/proc.ts";
import { test } from "../support/within.ts";

interface Answer {
  code: number | null;
  signal: string | null;
  text: string;
  pid: number;
}

/** Runs code in a child with these flags, with two more pipes; `during` gets the child. */
function run(flags: string[], code: string, during?: (child: ReturnType<typeof spawn>) => void): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const url = `data:text/javascript,${encodeURIComponent(code)}`;
  const child = spawn(Deno.execPath(), ["run", "--quiet", "--no-prompt", ...flags, url], {
    stdio: ["pipe", "pipe", "pipe", "pipe", "pipe"],
    detached: true,
    env: {},
  });
  let text = "";
  child.stdout!.on("data", (piece: Uint8Array) => text += new TextDecoder().decode(piece));
  child.on("close", (code: number | null, signal: string | null) => {
    for (const stream of child.stdio) stream?.destroy();
    resolve({ code, signal, text: text.trim(), pid: child.pid! });
  });
  during?.(child);
  return promise;
}

const ASK = `console.log(Deno.permissions.querySync({ name: "read" }).state)`;

test("spawn() of the runtime keeps the permissions of a command that has a flag of them", async () => {
  const { text } = await run(["--deny-read"], ASK);
  assertEquals(text, "denied", "permissionFlags() in lib/transport/permission_flags.ts relies on it");
});

test("a child without any permission reads descriptor 3 and writes descriptor 4", async () => {
  const code = `import fs from "node:fs"; const b = new Uint8Array(1);
    fs.read(3, b, 0, 1, null, () => { fs.writeSync(4, b); Deno.exit(5); });`;
  let answer = 0;
  const { code: exit } = await run(["--deny-read"], code, (child) => {
    const [, , , to, from] = child.stdio as unknown as {
      write(b: Uint8Array): void;
      on(e: "data", f: (b: Uint8Array) => void): void;
    }[];
    from.on("data", ([byte]) => answer = byte);
    to.write(new Uint8Array([42]));
  });
  assertEquals([answer, exit], [42, 5], "the channel of lib/transport/process_child.ts relies on it");
});

test("a thread of a child without any permission sees the end of stdin while the child spins, and may kill it", async () => {
  const watchdog = `while (Deno.stdin.readSync(new Uint8Array(1)) !== null); Deno.kill(Deno.pid, "SIGKILL")`;
  const code = `new Worker("data:text/javascript," + encodeURIComponent(${
    JSON.stringify(watchdog)
  }), { type: "module" });
    await new Promise((resolve) => setTimeout(resolve, 100)); for (;;);`;
  const { signal } = await run(["--deny-read"], code, (child) => child.stdin!.end());
  assertEquals(signal, "SIGKILL", "workers/process_watchdog.ts relies on it");
});

test("a detached child leads a session and a process group", async () => {
  const code = `await new Promise((resolve) => Deno.stdin.read(new Uint8Array(1)).then(resolve))`;
  let fields: string[] = [];
  await run(["--deny-read"], code, (child) => {
    const stat = Deno.readTextFileSync(`/proc/${child.pid}/stat`);
    fields = [String(child.pid), ...stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(2, 4)];
    child.stdin!.end();
  });
  assert(fields[0] === fields[1] && fields[1] === fields[2], `pid, group, session: ${fields}`);
}, { ignore: !onLinux });

test("a child whose heap is full ends by SIGTRAP, and says so", async () => {
  const code = `const all = []; for (;;) all.push(new Array(1000).fill({}));`;
  const { code: exit, signal } = await run(["--deny-read", "--v8-flags=--max-old-space-size=32"], code);
  assert(
    signal === "SIGTRAP" || exit === 133,
    `${exit} ${signal}: lib/transport/process_death.ts knows a full heap by it`,
  );
});

test(
  "DENO_EXTRA_STDIO_FDS opens a descriptor for node:fs, and a thread reads another one as a socket, without any permission",
  async () => {
    const thread = `import { Socket } from "node:net";
    new Socket({ fd: 3, readable: true, writable: false }).on("data", (b) => postMessage(b[0])).on("close", () => postMessage(7));`;
    const code = `import fs from "node:fs";
    const thread = new Worker("data:text/javascript," + encodeURIComponent(${
      JSON.stringify(thread)
    }), { type: "module" });
    thread.onmessage = ({ data }) => data === 7 ? Deno.exit(7) : fs.writeSync(4, String(data));`;
    const url = `data:text/javascript,${encodeURIComponent(code)}`;
    const script = `exec 3<&0 4>&1 >&2; DENO_EXTRA_STDIO_FDS=4 exec "$0" run --quiet --no-prompt --deny-read "$1"`;
    const child = new Deno.Command("sh", {
      args: ["-c", script, Deno.execPath(), url],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new Uint8Array([42]));
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    await writer.close();
    const { code: exit } = await child.status;
    await reader.cancel();
    assertEquals(
      [new TextDecoder().decode(value), exit],
      ["42", 7],
      "lib/transport/launch_prefix.ts and workers/process_watchdog.ts rely on it",
    );
  },
  { ignore: !onLinux },
);

test("the runtime finds no deno.json for a main module that is a data: URL", async () => {
  const folder = await Deno.makeTempDir({ prefix: "isopool-canary-" });
  try {
    await Deno.writeTextFile(`${folder}/deno.json`, `{ "imports": { "mapped": "data:text/javascript," } }`);
    const resolve = async (...flags: string[]) => {
      const { success } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--deny-read", ...flags, `data:text/javascript,import.meta.resolve("mapped")`],
        cwd: folder,
      }).output();
      return success;
    };
    assertEquals(await resolve(), false, "lib/transport/script_config.ts is not needed any more");
    assertEquals(await resolve(`--config=${folder}/deno.json`), true, "lib/transport/script_config.ts relies on it");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
