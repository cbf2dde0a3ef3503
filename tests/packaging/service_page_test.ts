/** docs/service.md: its server runs as pasted, with the flags that it names, and ends as it says. */
import { assert, assertEquals } from "@std/assert";
import { test, within } from "../support/within.ts";

const ROOT = new URL("../../", import.meta.url);
const DEADLINE = 60_000;

interface Server extends AsyncDisposable {
  url: string;
  terminate(): void;
  /** Its exit code, and what it printed after its address. */
  ended: Promise<{ code: number; output: string }>;
}

/** Starts the page's program by the page's command, on a free port. */
async function startServer(): Promise<Server> {
  const page = await Deno.readTextFile(new URL("docs/service.md", ROOT));
  const program = page.match(/```ts ignore\n(\/\/ server\.ts\n[\s\S]*?)```/)![1];
  const [, flags] = page.match(/^deno run (.*) server\.ts 8000$/m)!;
  const folder = await Deno.makeTempDir({ prefix: "isopool-service-" });
  await Deno.writeTextFile(`${folder}/server.ts`, program.replace("jsr:@isopool/isopool", "@isopool/isopool"));
  const map = `--import-map=${new URL("npm.import_map.json", ROOT).href}`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", "--no-lock", map, ...flags.split(" "), "server.ts", "0"],
    cwd: folder,
    env: { NO_COLOR: "1" },
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdout = new Response(child.stdout).text();
  const lines = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await within(DEADLINE, lines.read(), "the line with the address");
    if (done) throw new Error(`the server ended: ${text}`);
    text += value;
  }
  const [listening] = text.split("\n");
  let ended = false;
  const end = (async () => {
    for (let block; !(block = await lines.read()).done;) text += block.value;
    const { code } = await child.status;
    ended = true;
    return { code, output: await stdout + text.slice(listening.length + 1) };
  })();
  return {
    url: listening.match(/http:\S+/)![0],
    terminate: () => child.kill("SIGTERM"),
    ended: end,
    async [Symbol.asyncDispose]() {
      if (!ended) child.kill("SIGKILL");
      await end;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

test(
  "docs/service.md: 200 with the result; 504 for a call without an end, which then holds no worker; SIGTERM ends it with 0",
  async () => {
    await using server = await startServer();
    const get = async (n: number) => {
      const response = await fetch(`${server.url}?n=${n}`);
      return [response.status, await response.text()];
    };
    assertEquals(await get(20), [200, "6765\n"]);
    // One for each worker.
    const endless = Array.from({ length: navigator.hardwareConcurrency }, () => get(1_000));
    for (const answer of await Promise.all(endless)) assertEquals(answer, [504, "too slow\n"]);
    assertEquals(await get(21), [200, "10946\n"]);
    server.terminate();
    assertEquals(await within(DEADLINE, server.ended, "the end"), { code: 0, output: "" });
  },
  { deadline: 2 * DEADLINE, ignore: Deno.build.os === "windows" && "Windows has no SIGTERM" },
);

test(
  "docs/service.md: a full queue gives 503; SIGTERM then loses none of the 100 calls that wait, and the process ends with 0",
  async () => {
    await using server = await startServer();
    const full = Promise.withResolvers<void>();
    // A request that came after the end of the listener is refused: no answer.
    const requests = Array.from({ length: 400 }, async () => {
      try {
        const response = await fetch(`${server.url}?n=29`);
        await response.body?.cancel();
        if (response.status === 503) full.resolve();
        return response.status;
      } catch {
        return "refused";
      }
    });
    await within(DEADLINE, full.promise, "the first 503");
    server.terminate();
    const statuses = Map.groupBy(await Promise.all(requests), (status) => status);
    const count = (status: number) => statuses.get(status)?.length ?? 0;
    // The program of the page has `maxQueue: 100`.
    assert(count(200) + count(504) >= 100, `${count(200)} of 400 have a result, ${count(504)} were too slow`);
    assertEquals([...statuses.keys()].filter((status) => ![200, 503, 504, "refused"].includes(status)), []);
    assertEquals(await within(DEADLINE, server.ended, "the end"), { code: 0, output: "" });
  },
  { deadline: 3 * DEADLINE, ignore: Deno.build.os === "windows" && "Windows has no SIGTERM" },
);
