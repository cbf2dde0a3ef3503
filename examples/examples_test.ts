/**
 * Runs every example as a script of its own: it asserts its result itself, prints what the test expects, and exits.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";

const DEADLINE = 120_000;
const here = new URL(".", import.meta.url);

async function run(file: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      `--import-map=${new URL("../npm.import_map.json", here).href}`,
      "-A",
      new URL(file, here).href,
      ...args,
    ],
    env: { NO_COLOR: "1" },
    signal: AbortSignal.timeout(DEADLINE),
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

function example(file: string, args: string[], ...prints: RegExp[]): void {
  Deno.test(`examples/${file} does what it says`, async () => {
    const { code, stdout, stderr } = await run(file, ...args);
    assertEquals(code, 0, stderr);
    for (const print of prints) assertMatch(stdout, print);
  });
}

example(
  "00_demo.ts",
  ["--mb=8", "--rounds=1", new URL("../lib", here).pathname],
  /\d+ files, .* below .*lib.* \d+ times: \d+ MB/,
  /one thread +\d+ ms +\d+ MB\/s +1\.00 x/,
  /\d+ workers? +\d+ ms +\d+ MB\/s +\d+\.\d\d x/,
  /digests agree/,
  /stopped after \d+ ms/,
  /in the \d+ ms after that the process used \d+ ms of CPU/,
);
example("01_pool_map.ts", [], /\[ 1, 4, 9 \]/);
example("02_isolation.ts", [], /worker: \[ 1, 2, 3 \] here: \[\]/, /async, here: \[ 1, 2, 3 \]/);
example("03_keyword_arguments.ts", [], /100 done/);
example("04_done_callback.ts", [], /"thread 3", "thread 2", "thread 1"/);
example("05_order.ts", [], /map +\[ 5, 2, 3 \]/, /ordered: false +\[ 2, 3, 5 \]/, /by index \[ 5, 2, 3 \]/);
example("06_gather.ts", [], /^(One\n){3}(Two\n){3}/);
example("07_cpu_and_io.ts", [], /8 pages/);
example("09_as_completed.ts", [], /hang failed: TaskTimeoutError/, /failed: TypeError/, /page is 1000 bytes/);
example("10_api_batch.ts", [], /hanging +failed: TimeoutError/, /dead +failed: TypeError/, /at most 4 at a time/);
example("11_primes.ts", [], /115797848077099 is prime: true\n1099726899285419 is prime: false/);
example("12_wait_timeout.ts", [], /after 300 ms: \d+ done/, /at the end: +200 done, 0 not/);
example("14_chained_sha256.ts", ["--rounds=100000"], /apple +94c2fd166c7f3c02/, /date +bc740ff0e347bc46/);
example("114_endless_loop.ts", [], /TaskTimeoutError/, /10 futures, 20 attempts/, /CPU in the 300 ms after that/);
example("301_thread_per_url.ts", [], /8 URLs on 8 workers\n8 URLs on 3 workers/);
example("402_apply_and_map.ts", [], /^25\n/, /0 1 4 9 16 25 36 49 64 81 in/);

Deno.test("examples/00_demo.ts names a folder that it cannot read", async () => {
  const { code, stderr } = await run("00_demo.ts", "/no/such/folder");
  assertEquals(code, 1);
  assertMatch(stderr, /Cannot hash \/no\/such\/folder/);
});

Deno.test("examples/run.ts runs an example by its name, and lists them without one", async () => {
  const { code, stdout } = await run("run.ts", "pool_map");
  assertEquals([code, stdout], [0, "[ 1, 4, 9 ]\n"]);
  const list = await run("run.ts");
  assert(list.stdout.split("\n").includes("114_endless_loop"));
  assertEquals((await run("run.ts", "no_such_example")).code, 1);
});

Deno.test("examples/README.md and these tests leave no example out", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", here));
  const tests = await Deno.readTextFile(new URL(import.meta.url));
  for await (const { name } of Deno.readDir(here)) {
    if (!/^\d/.test(name)) continue;
    assert(readme.includes(`](${name})`), `${name} is not in README.md`);
    assert(tests.includes(`"${name}"`), `${name} has no test`);
  }
});
