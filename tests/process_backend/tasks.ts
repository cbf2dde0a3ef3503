/** Tasks of the tests of backend "process". */
import { writeSync } from "node:fs";

/** Appends a line to a file when it starts, works for some milliseconds, and returns its number. */
export function mark(file: string, id: number): number {
  Deno.writeTextFileSync(file, `${id}\n`, { append: true });
  for (const end = performance.now() + 2; performance.now() < end;);
  return id;
}

/** Starts a process that sleeps, prints nothing, and spins for ever. */
export function spinBeside(report: string): never {
  const child = new Deno.Command("/bin/sleep", { args: ["1000"], stdin: "null", stdout: "inherit" }).spawn();
  Deno.writeTextFileSync(`${report}.new`, `${Deno.pid} ${child.pid}`);
  Deno.renameSync(`${report}.new`, report);
  for (;;);
}

/** Starts a browser with a profile in a folder, and spins for ever. */
export function browse(folder: string): never {
  const args = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${folder}`, "about:blank"];
  const options = { stdin: "null", stdout: "null", stderr: "null" } as const;
  new Deno.Command("chromium", { args: ["--remote-debugging-port=0", ...args], ...options }).spawn();
  for (;;);
}

/** Names of the attempts that succeeded although nothing is permitted. */
export async function attemptAll(folder: string, port: number): Promise<Record<string, string>> {
  const fs = await import("node:fs");
  const { spawnSync } = await import("node:child_process");
  const net = await import("node:net");
  const os = await import("node:os");
  const attempts: Record<string, () => unknown> = {
    "read a file": () => Deno.readTextFileSync(`${folder}/secret`),
    "read a file by node:fs": () => fs.readFileSync(`${folder}/secret`),
    "read a folder": () => [...Deno.readDirSync(folder)],
    "read the environment in /proc": () => Deno.readTextFileSync("/proc/self/environ"),
    "read the memory of the host": () => Deno.readFileSync(`/proc/${Deno.ppid}/maps`),
    "open a descriptor by /dev/fd": () => Deno.openSync("/dev/fd/1", { write: true }),
    "stat": () => Deno.statSync(`${folder}/secret`),
    "real path of a symbolic link": () => Deno.realPathSync(`${folder}/link`),
    "write a file": () => Deno.writeTextFileSync(`${folder}/new`, "x"),
    "remove a file": () => Deno.removeSync(`${folder}/secret`),
    "make a temporary file": () => Deno.makeTempFileSync(),
    "change the working directory": () => Deno.chdir("/"),
    "connect": () => Deno.connect({ hostname: "127.0.0.1", port }),
    "connect by node:net": () =>
      new Promise((resolve, reject) => net.connect(port, "127.0.0.1").on("connect", resolve).on("error", reject)),
    "fetch": () => fetch(`http://127.0.0.1:${port}/`),
    "a websocket": () =>
      new Promise((resolve, reject) => {
        const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
        socket.onopen = resolve;
        socket.onerror = () => reject(new Error("refused"));
      }),
    "listen": () => Deno.listen({ port: 0 }),
    "a unix socket": () => Deno.listen({ transport: "unix", path: `${folder}/socket` }),
    "resolve a name": () => Deno.resolveDns("example.com", "A"),
    "read the environment": () => Deno.env.toObject(),
    "read PATH by process.env": () => {
      // deno-lint-ignore no-process-global
      const { PATH } = process.env;
      if (PATH === undefined) throw new Error("undefined");
      return PATH;
    },
    "run a program": () => new Deno.Command("/bin/true").outputSync(),
    "run a program by node": () => {
      const { error } = spawnSync("/bin/true");
      if (error) throw error;
    },
    "load a library": () => Deno.dlopen("libc.so.6", {}),
    "read the host's name": () => Deno.hostname(),
    "read the host's name by node:os": () => os.hostname(),
    "import a local module by a computed name": () => import(`file://${folder}/module.js`),
    "import a remote module by a computed name": () => import(`http://127.0.0.1:${port}/module.js`),
    "a worker with more permissions": () =>
      new Promise((resolve, reject) => {
        const worker = new Worker(
          `data:text/javascript,${
            encodeURIComponent(
              `try { Deno.readTextFileSync("${folder}/secret"); postMessage(1) } catch { postMessage(0) }`,
            )
          }`,
          { type: "module" },
        );
        worker.onmessage = ({ data }) => {
          worker.terminate();
          data ? resolve(data) : reject(new Error("denied"));
        };
      }),
    "ask for a permission": () => {
      if (Deno.permissions.requestSync({ name: "read" }).state !== "granted") throw new Error("denied");
    },
    "signal the host": () => Deno.kill(Deno.ppid, "SIGCONT"),
    "signal the process group": () => Deno.kill(-Deno.pid, "SIGCONT"),
    // deno-lint-ignore no-process-global
    "signal the host by node": () => process.kill(Deno.ppid, "SIGCONT"),
  };
  const outcomes: Record<string, string> = {};
  for (const [name, attempt] of Object.entries(attempts)) {
    try {
      await attempt();
      outcomes[name] = "succeeded";
    } catch {
      outcomes[name] = "denied";
    }
  }
  return outcomes;
}

/** Returns the descriptors that a task can use without a permission. */
export async function descriptors(): Promise<number[]> {
  const { fstatSync } = await import("node:fs");
  return Array.from({ length: 64 }, (_, fd) => fd).filter((fd) => {
    try {
      return fstatSync(fd) !== undefined;
    } catch {
      return false;
    }
  });
}

/** Writes bytes into the channel to the host. */
export function forge(bytes: Uint8Array): number {
  for (let written = 0; written < bytes.length;) written += writeSync(4, bytes, written);
  return bytes.length;
}

/** Returns what the worker sees of its surroundings. */
export function surroundings(): { env: Record<string, string>; cwd: string } {
  return { env: Deno.env.toObject(), cwd: Deno.cwd() };
}

/** Fills the heap. */
export function fillHeap(): never {
  const kept: unknown[] = [];
  for (;;) kept.push(new Array(1_000).fill({}));
}

/** Keeps ever more buffers, and lets the event loop turn. */
export async function fillBuffers(): Promise<never> {
  const kept: unknown[] = [];
  for (;;) {
    kept.push(new Uint8Array(2 ** 24).fill(1));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Returns the number of bytes of an argument. */
export function sizeOf(bytes: Uint8Array): number {
  return bytes.length;
}

/** Returns its argument. */
export function echo<T>(value: T): T {
  return value;
}

/** Throws an error. */
export function fail(reason: string): never {
  throw new RangeError(reason);
}

/** Prints in every way. */
export async function printAll(id: number): Promise<number> {
  const { default: process } = await import("node:process");
  const bytes = (text: string) => new TextEncoder().encode(text);
  console.log(`log ${id}`);
  console.error(`error ${id}`);
  await Deno.stdout.write(bytes(`write ${id}\n`));
  Deno.stdout.writeSync(bytes(`writeSync ${id}\n`));
  Deno.stderr.writeSync(bytes(`err writeSync ${id}\n`));
  process.stdout.write(`process ${id}\n`);
  console.log("x".repeat(100_000));
  // It inherits stdin, too: `cat` ends at once.
  const child = new Deno.Command("/bin/sh", { args: ["-c", `/bin/cat; echo program ${id}`], stdin: "inherit" }).spawn();
  await child.status;
  return id;
}

/** Starts a process that sleeps, yields once, and spins for ever. */
export function* spinBesideAfterItem(): Generator<number> {
  new Deno.Command("/bin/sleep", { args: ["1000"], stdin: "null", stdout: "inherit" }).spawn();
  yield 1;
  for (;;);
}

/** Returns the environment. */
export function variables(): Record<string, string> {
  return Deno.env.toObject();
}
