/** `Process` on backend `"process"`: one task in a process of the operating system. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { inline, Process, Queue, TransferError, Value, WorkerCrashedError } from "@isopool/isopool";
import { leavesNothing } from "../support/leaks.ts";
import { onLinux } from "../support/proc.ts";
import { MUST_HAPPEN, test, until, within } from "../support/within.ts";
import { lives } from "./kit.ts";

const backend = "process";

/** Sends the id of its process, then spins. */
const spin = inline(async (started: Queue<number>) => {
  await started.put(Deno.pid);
  for (;;);
});

test("a process has an id, an environment and a working directory of its own, and returns its result", async () => {
  const look = inline(() => [Deno.pid, Deno.cwd(), Deno.env.toObject()] as const);
  const process = new Process(look, [], { backend, cwd: "/", env: { A: "1" } });
  assertEquals([process.pid, process.isAlive], [undefined, false]);
  const [pid, cwd, env] = await within(MUST_HAPPEN, process.start().result());
  await process.join();
  assert(pid !== Deno.pid);
  assertEquals([process.pid, cwd, env.A, process.exitCode, process.reason], [pid, "/", "1", 0, "finished"]);
});

test("exitCode: thrown, exited, ended by a signal from outside", async () => {
  const ends: unknown[] = [];
  const fail = inline(() => {
    throw new RangeError("no");
  });
  for (
    const process of [
      new Process(fail, [], { backend }),
      new Process(inline(() => Deno.exit(7)), [], { backend }),
    ]
  ) {
    await within(MUST_HAPPEN, process.start().join());
    ends.push([process.exitCode, process.reason]);
  }
  for (const signal of ["SIGTERM", "SIGKILL", "SIGINT"] as const) {
    const started = new Queue<number>();
    const process = new Process(spin, [started], { backend }).start();
    Deno.kill(await within(MUST_HAPPEN, started.get()), signal);
    await assertRejects(() => within(MUST_HAPPEN, process.result()), WorkerCrashedError);
    await process.join();
    ends.push([process.exitCode, process.reason]);
  }
  assertEquals(ends, [[1, "failed"], [7, "exit"], [-15, "terminated"], [-9, "killed"], [-2, "terminated"]]);
}, { ignore: !onLinux });

for (const how of ["terminate", "kill"] as const) {
  test(`${how}() ends a process that spins, and nothing of it lives on`, async () => {
    const started = new Queue<number>();
    const process = new Process(spin, [started], { backend }).start();
    const pid = await within(MUST_HAPPEN, started.get());
    assertEquals([process.pid, process.isAlive], [pid, true]);
    process[how]();
    await within(MUST_HAPPEN, process.join());
    assertEquals([process.exitCode, process.reason], how === "kill" ? [-9, "killed"] : [-15, "terminated"]);
    await until(() => !lives(pid), "the process is gone");
  }, { ignore: !onLinux });
}

test("terminate() fires the signal first, and the task may end by itself", async () => {
  const steps = new Queue<string>();
  const polite = inline(async (steps: Queue<string>) => {
    const { context } = await import("@isopool/isopool/worker");
    const stopped = new Promise((resolve) => context.signal.addEventListener("abort", resolve));
    await steps.put("listens");
    await stopped;
    await steps.put("saved");
  });
  const process = new Process(polite, [steps], { backend }).start();
  assertEquals(await within(MUST_HAPPEN, steps.get()), "listens");
  process.terminate();
  await within(MUST_HAPPEN, process.join());
  assertEquals([await steps.get(), process.reason, process.exitCode], ["saved", "terminated", -15]);
});

/** Handles SIGTERM as `how` says, and ignores its `context.signal`. Sends the id of a child once it is ready. */
const handles = inline(async (ready: Queue<number>, how: string) => {
  Deno.addSignalListener("SIGTERM", () => {
    console.log(`cleans up`);
    if (how !== "ignore") Deno.exit(Number(how));
  });
  const child = new Deno.Command("/bin/sleep", { args: ["1000"] }).spawn();
  await ready.put(child.pid);
  await new Promise(() => setInterval(() => {}, 1_000));
});

for (const [how, exitCode] of [["0", 0], ["3", 3], ["ignore", -9]] as const) {
  test(
    `terminate() sends SIGTERM to a task that ignores its signal, then SIGKILL: ${how}: exitCode ${exitCode}`,
    async () => {
      const ready = new Queue<number>();
      const process = new Process(handles, [ready, how], { backend, stdout: "piped" }).start();
      const text = new Response(process.stdout).text();
      const started = await within(MUST_HAPPEN, ready.get());
      process.terminate();
      await within(MUST_HAPPEN, process.join());
      assertEquals([process.exitCode, process.reason, await text], [exitCode, "terminated", "cleans up\n"]);
      await until(() => !lives(started), "what it has started is gone");
    },
    { ignore: !onLinux },
  );
}

test("kill() after terminate() does not wait, and sends SIGKILL", async () => {
  const ready = new Queue<number>();
  const process = new Process(handles, [ready, "ignore"], { backend, stdout: "piped" }).start();
  await within(MUST_HAPPEN, ready.get());
  process.terminate();
  const { value } = await within(MUST_HAPPEN, process.stdout!.getReader().read());
  assertEquals(new TextDecoder().decode(value), "cleans up\n");
  process.kill();
  await within(MUST_HAPPEN, process.join());
  assertEquals([process.exitCode, process.reason], [-9, "terminated"]);
}, { ignore: !onLinux });

test("stdout and stderr: piped, each by itself, whole; null is nowhere; a thread has none of its own", async () => {
  const print = inline(() => {
    console.log("one\ntwo");
    console.error("three");
    Deno.stdout.writeSync(new TextEncoder().encode("end"));
  });
  const process = new Process(print, [], { backend, stdout: "piped", stderr: "piped" }).start();
  const texts = [process.stdout, process.stderr].map((stream) => new Response(stream).text());
  assertEquals(await within(MUST_HAPPEN, Promise.all(texts)), ["one\ntwo\nend", "three\n"]);
  await process.join();
  const silent = new Process(print, [], { backend, stdout: "null", stderr: "null" }).start();
  await within(MUST_HAPPEN, silent.join());
  assertEquals([silent.stdout, silent.exitCode], [undefined, 0]);
  assertThrows(() => new Process(print, [], { stdout: "piped" }), TypeError, 'backend "process"');
  assertThrows(() => new Process(print, [], { backend, stderr: "file" as "null" }), RangeError, '"piped"');
});

test("a reader that goes away holds nothing up", async () => {
  const print = inline(() => console.log("x".repeat(100_000)));
  const process = new Process(print, [], { backend, stdout: "piped" }).start();
  await process.stdout!.cancel();
  await within(MUST_HAPPEN, process.join());
  assertEquals(process.exitCode, 0);
});

test("permissions hold, memory of this process is refused with what to use, options are checked", async () => {
  const read = inline(() => Deno.readTextFileSync("/etc/hostname"));
  const process = new Process(read, [], { backend, permissions: "none" }).start();
  await assertRejects(() => within(MUST_HAPPEN, process.result()), Error, "read");
  const refused = new Process(inline((value: Value<"i32">) => value.get()), [new Value("i32", 1)], { backend }).start();
  await assertRejects(() => within(MUST_HAPPEN, refused.result()), TransferError, "Manager.value()");
  assertThrows(() => new Process(read, [], { cwd: "/" }), TypeError, "cwd");
  await process.join();
  await refused.join();
});

test("a daemon does not keep the script alive, and ends with it", async () => {
  const text = `
    import { inline, Process, Queue } from ${JSON.stringify(import.meta.resolve("../../mod.ts"))};
    const queue = new Queue();
    const spin = inline(async (queue) => { await queue.put(Deno.pid); for (;;); });
    new Process(spin, [queue], { backend: "process", daemon: true }).start();
    console.log(await queue.get());`;
  const url = `data:text/javascript,${encodeURIComponent(text)}`;
  const args = ["run", "-A", "--no-check", "--import-map=npm.import_map.json", url];
  const { stdout, code } = await within(20_000, new Deno.Command(Deno.execPath(), { args, stdin: "null" }).output());
  const pid = Number(new TextDecoder().decode(stdout));
  assertEquals([code, pid > 0], [0, true]);
  await until(() => !lives(pid), "the child has ended");
}, { ignore: !onLinux });

leavesNothing();
