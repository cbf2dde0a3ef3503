/** Worker processes that are started through another program: their channel, what they print, and their certain end. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { BrokenPoolError, Pool, type PoolOptions } from "@isopool/isopool";
import { onLinux } from "../support/proc.ts";
import { test, until } from "../support/within.ts";
import { descendantsOf, lives, own } from "./kit.ts";

/** Programs that start others: some keep the process group, some give a new one, some a namespace of process ids. */
const PREFIXES = [
  ["nice", "-n", "10"],
  ["env", "GIVEN=1"],
  ["setsid", "--wait"],
  ["unshare", "--pid", "--fork"],
  ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--unshare-net", "--unshare-pid", "--die-with-parent"],
];

/** Why a prefix cannot be tested here; `false` if it can. */
function cannotRun([program, ...args]: string[]): string | false {
  if (!onLinux) return "it needs Linux";
  try {
    const { success, stderr } = new Deno.Command(program, { args: [...args, "true"], stdin: "null" }).outputSync();
    return !success && `${program} does not work here: ${new TextDecoder().decode(stderr).trim()}`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return `${program} is not installed`;
  }
}

/** Runs a script whose pool starts its workers through a prefix. */
function script(command: string[], body: string): Deno.Command {
  const text = `
    import { Pool, tasks } from ${JSON.stringify(import.meta.resolve("../../mod.ts"))};
    const own = tasks(${JSON.stringify(import.meta.resolve("./tasks.ts"))});
    await using pool = new Pool({ backend: "process", workers: 1, command: ${JSON.stringify(command)} });
    ${body}`;
  const url = `data:text/javascript,${encodeURIComponent(text)}`;
  const args = ["run", "-A", "--no-check", "--import-map=npm.import_map.json", url];
  return new Deno.Command(Deno.execPath(), { args, stdin: "null", stdout: "piped", stderr: "piped" });
}

for (const command of PREFIXES) {
  const [program] = command;
  const ignore = cannotRun(command);

  test(`${program}: calls, bytes, the environment and errors are those of a plain process`, async () => {
    await using pool = new Pool({ backend: "process", workers: 1, command, env: { A: "1" } });
    const { env, cwd } = await pool.submit(own.surroundings);
    assertEquals(env, program === "env" ? { A: "1", GIVEN: "1" } : { A: "1" });
    assertEquals(cwd, Deno.cwd());
    const bytes = new Uint8Array(2 ** 23 + 7).map((_, i) => i);
    assertEquals(await pool.submit(own.echo, bytes), bytes);
    const error = await pool.submit(own.fail, "a reason").exception() as Error;
    assertEquals([error.name, error.message], ["RangeError", "a reason"]);
  }, { ignore });

  test(`${program}: what tasks and their programs print arrives whole, in order, apart from the channel`, async () => {
    const { code, stdout, stderr } = await script(
      command,
      `for (let i = 0; i < 3; i++) console.log("= " + await pool.submit(own.printAll, i));`,
    ).output();
    const read = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assertEquals(code, 0, read(stderr));
    const out = [0, 1, 2].map((i) =>
      `log ${i}\nwrite ${i}\nwriteSync ${i}\nprocess ${i}\n${"x".repeat(100_000)}\nprogram ${i}\n= ${i}\n`
    );
    assertEquals(read(stdout), out.join(""));
    assertEquals(read(stderr), [0, 1, 2].map((i) => `error ${i}\nerr writeSync ${i}\n`).join(""));
  }, { ignore });

  test(`${program}: a stopped task ends with what it has started, behind the program: bound 5 s`, async () => {
    const before = descendantsOf(Deno.pid);
    await using pool = new Pool({ backend: "process", workers: 1, command, killGrace: 10 });
    const report = pool.stream(own.spinBesideAfterItem);
    for await (const _ of report) {
      const started = descendantsOf(Deno.pid).filter((pid) => !before.includes(pid));
      assert(started.length >= 2, `${started}`);
      void pool.terminate();
      await until(() => !started.some(lives), () => `gone: ${started.filter(lives)}`, 5_000);
      break;
    }
  }, { ignore });

  test(`${program}: when the script is killed, a spinning worker ends behind the program: bound 5 s`, async () => {
    const child = script(
      command,
      `for await (const _ of pool.stream(own.spinBesideAfterItem)) { console.log("spins"); await new Promise(() => {}); }`,
    ).spawn();
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    assertEquals(new TextDecoder().decode(value), "spins\n");
    const started = descendantsOf(child.pid);
    assert(started.length >= 2, `${started}`);
    child.kill("SIGKILL");
    await until(() => !started.some(lives), () => `gone: ${started.filter(lives)}`, 5_000);
    await reader.cancel();
    await child.stderr.cancel();
    await child.status;
  }, { ignore });
}

test(
  "under permissions none, through a program: the task's module loads",
  async () => {
    await using pool = new Pool({ backend: "process", workers: 1, command: ["nice"], permissions: "none" });
    assertEquals(await pool.submit(own.sizeOf, new Uint8Array(100_000)), 100_000);
  },
  { ignore: cannotRun(["nice"]) },
);

test("a program that does not exist breaks the pool after three starts, and the error names it", async () => {
  const pool = new Pool({ backend: "process", workers: 1, command: ["/nonexistent/program"] });
  const error = await pool.submit(own.sizeOf, new Uint8Array(1)).exception() as BrokenPoolError;
  assert(error instanceof BrokenPoolError, String(error));
  assert(String(error.cause).includes("/nonexistent/program"), String(error.cause));
  await pool.terminate();
});

test("a program that fails: the error has what it said", async () => {
  const pool = new Pool({ backend: "process", workers: 1, command: ["sh", "-c", "echo no such place >&2; exit 3"] });
  const error = await pool.submit(own.sizeOf, new Uint8Array(1)).exception() as BrokenPoolError;
  assert(error instanceof BrokenPoolError, String(error));
  assert(String(error.cause).includes("no such place"), String(error.cause));
  await pool.terminate();
}, { ignore: !onLinux });

test("command: bad values, and other backends", async () => {
  for (const command of [[], "nice", [""], [1], ["a\0b"]] as unknown[]) {
    assertThrows(() => new Pool({ backend: "process", command } as PoolOptions), TypeError, "`command`");
  }
  for (const backend of ["async", "worker"] as const) {
    assertThrows(() => new Pool({ backend, command: ["nice"] }), TypeError, 'backend "process"');
  }
  await Promise.resolve();
});
