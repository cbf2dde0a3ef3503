/** Worker processes in real containers: what reaches them, what they cannot reach, and that none of them is left. */
import { assert, assertEquals } from "@std/assert";
import { Pool, tasks, TaskTimeoutError } from "@isopool/isopool";
import { test, until } from "../support/within.ts";
import { Containers } from "./container.ts";
import { descendantsOf, lives, own } from "./kit.ts";

const TASKS = import.meta.resolve("./container_tasks.ts");
const contained = tasks<typeof import("./container_tasks.ts")>(TASKS);

const opened = Containers.open();
const ignore = typeof opened === "string" && opened;
const containers = opened as Containers;
if (!ignore) globalThis.addEventListener("unload", () => containers[Symbol.dispose]());

/** Waits until no container is there, nor any of these processes. */
async function untilGone(pids: readonly number[]): Promise<void> {
  const left = () => [...containers.ids(), ...pids.filter(lives)];
  await until(() => left().length === 0, () => `left: ${left()}`, 10_000);
}

/** Returns the processes of the containers, and those of this script that started them. */
function started(): number[] {
  const inside = containers.ids().map((id) => containers.pidOf(id)).flatMap((pid) => [pid, ...descendantsOf(pid)]);
  assert(inside.length >= 2, `${inside}`);
  return [...inside, ...descendantsOf(Deno.pid)];
}

/** A script whose pool has a worker in a container. */
function script(body: string): Deno.Command {
  const source = `
    import { Pool, tasks } from ${JSON.stringify(import.meta.resolve("../../mod.ts"))};
    const contained = tasks(${JSON.stringify(TASKS)});
    await using pool = new Pool({ backend: "process", workers: 1, command: ${JSON.stringify(containers.command)} });
    ${body}`;
  const url = `data:text/javascript,${encodeURIComponent(source)}`;
  const args = ["run", "-A", "--no-check", "--import-map=npm.import_map.json", url];
  return new Deno.Command(Deno.execPath(), { args, stdin: "null", stdout: "piped", stderr: "piped" });
}

test("container: calls, bytes, the environment and errors are those of a plain process", async () => {
  await using pool = new Pool({ backend: "process", workers: 2, command: containers.command, env: { A: "1" } });
  const { env } = await pool.submit(own.surroundings);
  assertEquals(env.A, "1");
  assertEquals(env.DENO_DIR, undefined);
  const bytes = new Uint8Array(2 ** 23 + 7).map((_, i) => i);
  assertEquals(await pool.submit(own.echo, bytes), bytes);
  const error = await pool.submit(own.fail, "a reason").exception() as Error;
  assertEquals([error.name, error.message], ["RangeError", "a reason"]);
  assertEquals(await pool.map(own.echo, [1, 2, 3, 4]), [1, 2, 3, 4]);
}, { ignore });

test("container: a task reaches no server of this machine, writes no file, and sees no process of it", async () => {
  using server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using pool = new Pool({ backend: "process", workers: 1, command: containers.command });
  const folder = decodeURIComponent(new URL(".", import.meta.url).pathname);
  const { connect, write, processes } = await pool.submit(contained.reach, server.addr.port, folder);
  assertEquals([connect, write], ["ECONNREFUSED", "EROFS"]);
  assert(processes.includes(1) && processes.length <= 3, `${processes}`);
  const pids = started();
  await pool.terminate();
  await untilGone(pids);
}, { ignore });

test("container: what a task prints arrives, apart from the channel", async () => {
  const { code, stdout, stderr } = await script(`console.log("=", await pool.submit(contained.printBoth, 7));`)
    .output();
  const read = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assertEquals([code, read(stdout), read(stderr)], [0, "out 7\n= 7\n", "err 7\n"]);
}, { ignore });

test(
  "container: a time limit ends the container of a spinning task, and the next call gets a new one: bound 10 s",
  async () => {
    await using pool = new Pool({ backend: "process", workers: 1, command: containers.command, killGrace: 10 });
    await pool.submit(own.sizeOf, new Uint8Array(1));
    const before = started();
    const error = await pool.submit(contained.spin.with({ timeout: 100 })).exception();
    assert(error instanceof TaskTimeoutError, String(error));
    assertEquals(await pool.submit(own.sizeOf, new Uint8Array(2)), 2);
    await until(() => !before.some(lives), () => `left: ${before.filter(lives)}`, 10_000);
    const pids = started();
    await pool.terminate();
    await untilGone(pids);
  },
  { ignore },
);

test("container: when the script is killed, the container of a spinning task ends: bound 10 s", async () => {
  const child = script(
    `for await (const _ of pool.stream(contained.spinAfterItem)) { console.log("spins"); await new Promise(() => {}); }`,
  ).spawn();
  const reader = child.stdout.getReader();
  assertEquals(new TextDecoder().decode((await reader.read()).value), "spins\n");
  const pids = started();
  child.kill("SIGKILL");
  await child.status;
  await untilGone(pids);
  await reader.cancel();
  await child.stderr.cancel();
}, { ignore });
