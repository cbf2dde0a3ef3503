/**
 * Runs every example as a separate process. An example asserts its result itself; the test checks its exit code and output.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { names } from "./run.ts";
import { findChromium } from "./support/chromium.ts";
import { runExample } from "./support/run_example.ts";

const here = new URL(".", import.meta.url);

function example(file: string, args: string[], ...prints: RegExp[]): void {
  Deno.test(`examples/${file} exits with 0 and prints its result`, async () => {
    const { code, stdout, stderr } = await runExample(file, ...args);
    assertEquals(code, 0, stderr);
    for (const print of prints) assertMatch(stdout, print);
  });
}

example(
  "demo.ts",
  ["--mb=8", "--rounds=1", new URL("../lib", here).pathname],
  /\d+ files, .* below .*lib.* \d+ times: \d+ MB/,
  /one thread +\d+ ms +\d+ MB\/s +1\.00 x/,
  /\d+ workers? +\d+ ms +\d+ MB\/s +\d+\.\d\d x/,
  /digests agree/,
  /stopped after \d+ ms/,
  /in the \d+ ms after that the process used \d+ ms of CPU/,
);
example(
  "callbacks.ts",
  [],
  /^submitted, the program goes on\n/,
  /after A: 11 words, 4 long ones, FINISHES/,
  /Hello, Mary, 22/,
  /failed: RangeError: Cannot measure text: it is empty/,
  /\nblock ended\n$/,
);
example(
  "one_line.ts",
  [],
  /^started, .* last line of the script\ncompressed to \d+ bytes\nthe file is complete\n$/,
);
example("encryption.ts", [], /16 files encrypted and decrypted, digests agree\none bit changed: OperationError/);
example(
  "histogram.ts",
  [],
  /33554432 bytes, [1-9]\d+ of them zero; [1-7]\.\d{3} bits/,
  /MB \d+ has .*, MB \d+ has [1-8]/,
);
example("thumbnails.ts", [], /12 images, \d{6} bytes -> \d{5} bytes/);
example(
  "browsers.ts",
  [],
  ...(findChromium()
    ? [
      /^(Page \/(red|green|blue) +screenshot of 320 x 200, \d+ bytes\n){3}\/hang .* timeout of 5000 ms: it was stopped\n/,
      /at most \d+ processes of browsers and workers, now 0\n$/,
    ]
    : [/^no Chromium here/]),
);
example("bulk_insert.ts", [], /100000 rows; .* \{ n: 77031, steps: 350 \}/);
example("downloads.ts", [], /1000 files in 1\d{3} attempts, 1\d\d of them with a retry\nevery checksum is right/);
example("stages.ts", [], /\d\d had left window B before the last one left window A; at most \d+ inside/);
example(
  "one_option.ts",
  [],
  /async +04602c2429299801 9c6c97fe6d821026 .* in parallel: false/,
  /worker +04602c2429299801 9c6c97fe6d821026 .* in parallel: true/,
  /process +04602c2429299801 9c6c97fe6d821026 .* in parallel: true/,
);
example(
  "how_many.ts",
  [],
  /^ +1 #+ +\d+\/s/,
  / <- best/,
  /16 #+ .*, \d+ failed/,
  /\nadaptive: 300 pages, \d+ refused/,
);
example("pool_map.ts", [], /\[ 1, 4, 9 \]/);
example(
  "isolation.ts",
  [],
  /worker: \[ 1, 2, 3 \] here: \[\]\nthree of backend worker: \[ 1, 1, 1 \] here: \[\]/,
  /process: \[ 1, 2, 3 \] here: \[\]\nthree of backend process: \[ 1, 1, 1 \] here: \[\]/,
  /async, here: \[ 1, 2, 3 \]/,
  /calls in all threads: 3/,
);
example("keyword_arguments.ts", [], /100 done/);
example("done_callback.ts", [], /"thread 3", "thread 2", "thread 1"/);
example("order.ts", [], /map +\[ 5, 2, 3 \]/, /ordered: false +\[ 2, 3, 5 \]/, /by index \[ 5, 2, 3 \]/);
example("gather.ts", [], /^(One\n){3}(Two\n){3}/);
example("cpu_and_io.ts", [], /[3-8] downloads at a time on 2 workers/, /8 pages/);
example("as_completed.ts", [], /hang failed: TaskTimeoutError/, /failed: TypeError/, /page is 1000 bytes/);
example("api_batch.ts", [], /hanging +failed: TimeoutError/, /dead +failed: TypeError/, /at most 4 at a time/);
example("primes.ts", [], /115797848077099 is prime: true\n1099726899285419 is prime: false/);
example("wait_timeout.ts", [], /after 300 ms: \d+ done/, /at the end: +200 done, 0 not/);
example("chained_sha256.ts", ["--rounds=100000"], /apple +94c2fd166c7f3c02/, /date +bc740ff0e347bc46/);
example("shared_counter.ts", [], /^(x = \d came as number \d\n){5}cnt: 5\n/, /100000 times each: 500000\n$/);
example("imap.ts", [], /10000 squares of an endless input/, /in any order: 332833500/);
example(
  "process.ts",
  [],
  /hello bob: module endings\.ts, here process\.ts\npid \d+, the same as here; thread [1-9]\d*, here 0/,
  /backend "process": pid \d+, here \d+\n/,
  /bob +exit code 0, finished\nfailed +exit code 1, failed\nexited +exit code 3, exit\n/,
  /terminated +exit code -15, terminated\nkilled +exit code -9, killed\n$/,
);
example("queue_and_pipe.ts", [], /counts: Map\(2\) \{ "some" => 1, "info" => 1 \}/, /README\.md [0-9a-f]{16}\n/);
example(
  "ten_processes_one_lock.ts",
  [],
  /^(hello \d\n){10}accounts: 91000 9000 last: [0-689] lock: free\n$/,
);
example(
  "connection_per_worker.ts",
  [],
  /connections are open: true/,
  /200 queries on [1-3] connections, open .* block: false/,
);
example("endless_loop.ts", [], /TaskTimeoutError/, /10 futures, 20 attempts/, /CPU in the 300 ms after that/);
example(
  "daemon.ts",
  [],
  /^started, .* last line of the script\nthe report is complete; the daemon was still running\n$/,
);
example(
  "event.ts",
  [],
  /both wait, none drives: true\ngreen: blue car drives, red car drives\nred again: the bus/,
);
example("interleave.ts", [], /^main 0, /, /\d+ switches in \d+ lines/);
example("run_method.ts", [], /crawler found \/0 \/1 \/2 \/3 \/4 \/5\n/);
example(
  "proxies.ts",
  [],
  /^patient verifier: killed, after \d verdicts\nlost with it: the silent one\n9 verdicts on 9 addresses, 3 are good\n$/,
);
example("thread_per_url.ts", [], /8 URLs on 8 workers\n8 URLs on 3 workers/);
example(
  "fire_and_forget.ts",
  [],
  /^8 submitted.*\n(downloaded 1000 bytes\n){8}8 ended, at most [2-5] at a time\n$/,
);
example("share_through_sqlite.ts", [], /data_list:( \d{3}){12} total: 12/);
example("apply_and_map.ts", [], /^25\n/, /0 1 4 9 16 25 36 49 64 81 in/);
example(
  "sender_and_receiver.ts",
  [],
  /sender joined, 2000 letters wait\nreceived 2000 letters, 2288100 characters\nthe other order: received 2000 letters/,
);
example("manager_list.ts", [], /worker:( \d{3}){10} total: 10\nprocess:( \d{3}){10} total: 10/);
example("stream_matches.ts", [], /the 100th is line 9978: .* was at most \d+ ahead/, /3980 in all, .* line 199978/);
example("shared_dictionary.ts", [], /5000 look-ups .* copies in each worker: 1/);
example(
  "group.ts",
  [],
  /a report of 1021 bytes/,
  /Cannot download \/broken: status 502; .* cancelled, cancelled, finished, cancelled, cancelled/,
);
example("affinity.ts", [], /without a key: \d+ files/, /with a key: 30 files read for 360 calls/);
example(
  "plugin.ts",
  [],
  /denied: Requires net access\ndenied: Requires read access/,
  /with permissions, 0 texts were sent home\nwithout, 1 was/,
);
example(
  "judge.ts",
  [],
  /\nright +return input\.reduce.*\nwrong answer .*\ntime limit .*\ntime limit .*\nmemory limit .*\nmemory limit .*\noutput limit /,
  /(\nruntime error .*){3}(\nforbidden .*){3}\n$/,
);

Deno.test("examples/README.md and these tests name every example", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", here));
  const files = ["examples_test.ts", "special_runs_test.ts"];
  const tests = (await Promise.all(files.map((name) => Deno.readTextFile(new URL(name, here))))).join();
  for (const name of names) {
    assert(readme.includes(`](${name}.ts)`), `${name} is not in README.md`);
    assert(tests.includes(`"${name}.ts"`), `${name} has no test`);
  }
});

Deno.test("examples/README.md has a row for every scenario, with an example or a test", async () => {
  const readme = await Deno.readTextFile(new URL("README.md", here));
  for (const [document, rows] of [16, 16, 7, 5, 7].entries()) {
    for (let row = 1; row <= rows; row++) {
      const cells = readme.split("\n").find((line) => line.startsWith(`| ${document}.${row} `))?.split("|");
      if (!cells) throw new Error(`${document}.${row} is missing`);
      assert(cells[3].includes("]("), `${document}.${row} has neither`);
      for (const [, path] of cells[3].matchAll(/\]\((.+?)\)/g)) assert((await Deno.stat(new URL(path, here))).isFile);
    }
  }
});
