/** Ends of worker processes that the host has not asked for: bad starts, forged frames, full memory. */
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { inline, Pool, WorkerCrashedError } from "@isopool/isopool";
import { onLinux } from "../support/proc.ts";
import { test } from "../support/within.ts";
import { own } from "./kit.ts";

const encoder = new TextEncoder();

function concat(parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

test("bytes in the channel that are no frame end their worker, and the pool goes on", async () => {
  await using pool = new Pool({ backend: "process", workers: 1 });
  // A result of another's, a length without end, an impossible one, text.
  const header = (body: number, buffers: number) => {
    const bytes = new Uint8Array(2_000);
    const view = new DataView(bytes.buffer);
    [0x31_50_53_49, body, buffers].forEach((word, i) => view.setUint32(i * 4, word, true));
    return bytes;
  };
  for (
    const bytes of [encoder.encode("garbage at the start"), header(10, 5_000), header(0, 0), header(100, 0xffff_ffff)]
  ) {
    const error = await pool.submit(own.forge, bytes).exception() as WorkerCrashedError;
    assertInstanceOf(error, WorkerCrashedError);
    assertEquals(error.reason, "uncaught");
    assert(/frame/.test((error.cause as Error).message), String(error.cause));
  }
  assertEquals(await pool.submit(inline(() => 1)), 1);
});

test("forged messages settle no call of another worker's and crash nothing", async () => {
  await using pool = new Pool({ backend: "process", workers: 1 });
  const { encodeFrame } = await import("../../lib/protocol/frames.ts");
  const forged = [
    { kind: "result", seq: 999, value: 1 },
    { kind: "result", seq: -1, value: 1 },
    { kind: "error", seq: "0", thrown: null },
    { kind: "ready", now: 1, date: 1 },
    { kind: "report", count: 1e9, ms: NaN, runTime: 1 },
    { kind: "nothing" },
    { __proto__: { kind: "result" }, then: 1 },
    [1, 2],
  ].map((message) => concat(encodeFrame(message)));
  for (const bytes of forged) assertEquals(await pool.submit(own.forge, bytes), bytes.length);
});

test("what a task prints before its module is loaded, or without a line end, arrives and disturbs nothing", async () => {
  const text = `
    import { inline, Pool } from ${JSON.stringify(import.meta.resolve("../../mod.ts"))};
    await using pool = new Pool({ backend: "process", workers: 1 });
    const noisy = inline((n) => { Deno.stdout.writeSync(new TextEncoder().encode("part " + n)); console.error("err"); return n; });
    for (let n = 0; n < 3; n++) console.log(" = " + await pool.submit(noisy, n));`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--import-map=npm.import_map.json",
      `data:text/javascript,${encodeURIComponent(text)}`,
    ],
    stdin: "null",
  }).output();
  assertEquals(new TextDecoder().decode(stdout), "part 0 = 0\npart 1 = 1\npart 2 = 2\n");
});

test("a missing program breaks the pool after three starts, and the error says what could not be started", async () => {
  const text = `
    import { inline, Pool } from ${JSON.stringify(import.meta.resolve("../../mod.ts"))};
    Deno.execPath = () => "/nonexistent/deno";
    const pool = new Pool({ backend: "process", workers: 1 });
    const error = await pool.submit(inline(() => 1)).exception();
    console.log(error.name, error.cause?.message);
    await pool.terminate();`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--import-map=npm.import_map.json",
      `data:text/javascript,${encodeURIComponent(text)}`,
    ],
    stdin: "null",
  }).output();
  const said = new TextDecoder().decode(stdout);
  assert(said.startsWith("BrokenPoolError"), said + new TextDecoder().decode(stderr));
  assert(said.includes("/nonexistent/deno"), said);
});

test(
  "too few file descriptors: the error names the limit, the pool breaks after three refusals, and nothing hangs",
  async () => {
    const text = `
    import { inline, Pool } from ${JSON.stringify(import.meta.resolve("../../mod.ts"))};
    const held = [];
    const pool = new Pool({ backend: "process", workers: 2 });
    while ([...Deno.readDirSync("/proc/self/fd")].length < 50) held.push(Deno.openSync("/dev/null"));
    const error = await pool.submit(inline(() => 1)).exception();
    console.log(error.name, error.cause?.message);
    await pool.terminate();`;
    const url = `data:text/javascript,${encodeURIComponent(text)}`;
    const { stdout, stderr } = await new Deno.Command("sh", {
      args: [
        "-c",
        `ulimit -n 64; exec "$0" run -A --no-check --import-map=npm.import_map.json "$1"`,
        Deno.execPath(),
        url,
      ],
      stdin: "null",
    }).output();
    const said = new TextDecoder().decode(stdout);
    assert(
      said.startsWith("BrokenPoolError") && said.includes("file descriptors"),
      said + new TextDecoder().decode(stderr),
    );
  },
  { ignore: !onLinux },
);

for (const task of ["fillHeap", "fillBuffers"] as const) {
  test(`memoryLimit: ${task} ends its worker with reason "oom", and the pool goes on`, async () => {
    await using pool = new Pool({ backend: "process", workers: 1, memoryLimit: 2 ** 27 });
    const error = await pool.submit(own[task]).exception() as WorkerCrashedError;
    assertInstanceOf(error, WorkerCrashedError);
    assertEquals(error.reason, "oom");
    assert(error.message.includes("took more than its `memoryLimit` of 128 MiB: raise it"), error.message);
    assertEquals(await pool.submit(inline(() => 1)), 1);
  }, { deadline: 60_000 });
}
