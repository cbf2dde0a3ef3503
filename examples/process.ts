/**
 * Python: `p = Process(target=f, args=('bob',))`, `p.start()`, `p.join()`, with the module's name, the pid and the
 * parent's pid; then `p.exitcode`.
 *
 * A `Process` here is a thread of this process: it has the same pid and its own thread id. With `backend: "process"` it is
 * a process of the system, with a pid of its own. `reason` is how it ended.
 */
import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { threadId } from "node:worker_threads";
import { Process, SharedEvent, tasks } from "@isopool/isopool";

const endings = tasks<typeof import("./tasks/endings.ts")>(import.meta.resolve("./tasks/endings.ts"));

const bob = new Process(endings.hello, ["bob"], { name: "bob" });
assertEquals([bob.isAlive, bob.exitCode], [false, undefined]);
bob.start();
assertEquals(bob.isAlive, true);
await bob.join();
const { greeting, module, pid, thread } = await bob.result();
console.log(
  `${greeting}: module ${module.split("/").at(-1)}, here ${new URL(import.meta.url).pathname.split("/").at(-1)}`,
);
console.log(`pid ${pid}, the same as here; thread ${thread}, here ${threadId}`);
assertEquals([bob.isAlive, pid, bob.pid], [false, Deno.pid, Deno.pid]);
assertNotEquals(thread, threadId);

const child = new Process(endings.hello, ["bob"], { backend: "process" }).start();
const { pid: childPid } = await child.result();
await child.join();
console.log(`backend "process": pid ${childPid}, here ${Deno.pid}`);
assertNotEquals(childPid, Deno.pid);
assertEquals([childPid, child.exitCode], [child.pid, 0]);

const failed = new Process(endings.fails, [], { name: "failed" }).start();
const exited = new Process(endings.exits, [3], { name: "exited" }).start();
const started = [new SharedEvent(), new SharedEvent()];
const terminated = new Process(endings.obeysSignal, [started[0]], { name: "terminated" }).start();
const killed = new Process(endings.ignoresSignal, [started[1]], { name: "killed" }).start();
for (const event of started) await event.wait();
terminated.terminate();
killed.kill();

const ends: Record<string, unknown> = {};
for (const process of [bob, failed, exited, terminated, killed]) {
  await process.join();
  console.log(`${process.name.padEnd(10)} exit code ${process.exitCode}, ${process.reason}`);
  ends[process.name] = [process.exitCode, process.reason];
}
assertEquals(ends, {
  bob: [0, "finished"],
  failed: [1, "failed"],
  exited: [3, "exit"],
  terminated: [-15, "terminated"],
  killed: [-9, "killed"],
});
await assertRejects(() => failed.result(), RangeError, "there is no name");
assertEquals(new Set([bob, failed, exited, terminated, killed].map(({ id }) => id)).size, 5);
