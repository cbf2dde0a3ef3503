/**
 * What `deno check` refuses. Each `@ts-expect-error` fails the check itself if the line below it were accepted; a
 * test runs the checker on some of the mistakes, each in a file of its own, so that the right error is the one that is
 * found.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  type Future,
  inline,
  Pool,
  Process,
  type Results,
  type SharedValue,
  type StreamTask,
  Task,
  task,
  type TaskGroup,
  tasks,
} from "@isopool/isopool";

interface Module {
  isPrime(n: number): boolean;
  load(path: string, retries?: number): Promise<Uint8Array>;
  join(...parts: string[]): string;
  scan(dir: string): AsyncGenerator<string>;
  count(to: number): Generator<number>;
  then(): void;
  readonly VERSION: string;
}

const view = tasks<Module>("file:///m.ts");

export function pair(n: number, text: string): string {
  return text.repeat(n);
}

/** Never called: it is here for the checker. */
export function mistakes(pool: Pool, local: Pool<"async">): void {
  // @ts-expect-error a name that the module does not export
  view.isPrim;
  // @ts-expect-error an export that is no function
  view.VERSION;
  // @ts-expect-error an export named `then`
  view.then;
  // @ts-expect-error the wrong type of argument
  pool.submit(view.isPrime, "7");
  // @ts-expect-error too few arguments
  pool.submit(view.isPrime);
  // @ts-expect-error too many arguments
  pool.submit(view.isPrime, 7, 8);
  // @ts-expect-error the wrong type of an optional argument
  pool.submit(view.load, "path", "2");
  // @ts-expect-error the wrong type of result
  const _text: Future<string> = pool.submit(view.isPrime, 7);
  // @ts-expect-error the wrong type of result, awaited
  const _bytes: Promise<string> = pool.apply(view.load, ["path"]);
  // @ts-expect-error the wrong type of items
  pool.map(view.isPrime, ["7"]);
  // @ts-expect-error the wrong type of argument lists
  pool.starmap(view.load, [[5]]);
  // @ts-expect-error the wrong order in computed argument lists
  pool.starmap(view.load, [1, 2].map((n) => [n, "path"]));
  // @ts-expect-error too few arguments in computed argument lists
  pool.starmap(task(import.meta, pair), [1, 2].map((n) => [n]));
  // @ts-expect-error too many arguments in computed argument lists
  pool.starmap(task(import.meta, pair), [1, 2].map((n) => [n, "x", 3]));
  // @ts-expect-error argument lists of any length
  pool.starmap(view.load, [["a"], ["b", 2]] as (string | number)[][]);
  // @ts-expect-error items that are no argument lists
  pool.starmap(view.load, ["path"]);
  // @ts-expect-error the wrong type of an argument of a process
  new Process(view.load, [5]);
  // @ts-expect-error the wrong type of results
  const _results: Results<string> = pool.map(view.isPrime, [7]);
  // @ts-expect-error a closure on the default backend
  pool.submit(() => 1);
  // @ts-expect-error a closure mapped on the default backend
  pool.map((n: number) => n, [1]);
  // @ts-expect-error a closure on backend "worker"
  new Pool({ backend: "worker" }).submit(() => 1);
  // @ts-expect-error the wrong type of argument for a closure
  local.submit((n: number) => n, "7");
  // @ts-expect-error a stream is not submitted
  pool.submit(view.scan, "dir");
  // @ts-expect-error a generator is not submitted either
  pool.submit(view.count, 5);
  // @ts-expect-error an option that does not exist
  view.isPrime.with({ timout: 5 });
  // @ts-expect-error a backend that does not exist
  new Pool({ backend: "cloud" });
  // @ts-expect-error an option of a map that does not exist
  pool.map(view.isPrime, [7], { chunksize: 5 });
  // @ts-expect-error the wrong type of argument for an inlined function
  pool.submit(inline((n: number) => n), "7");
  // @ts-expect-error the wrong type of argument for a function of this file
  pool.submit(task(import.meta, mistakes), 7);
  // @ts-expect-error what only returns is not streamed
  pool.stream(view.isPrime, 7);
  // @ts-expect-error the wrong type of argument for a stream
  pool.stream(view.scan, 7);
  // @ts-expect-error the wrong type of items that a stream gives
  const _items: Results<number> = pool.stream(view.scan, "dir");
  // @ts-expect-error a generator of this isolate on the default backend
  pool.stream(function* () {
    yield 1;
  });
  // @ts-expect-error a closure that is no generator, streamed
  local.stream(() => 5);
  // @ts-expect-error a stream is not mapped
  pool.map(view.scan, ["dir"]);
  // @ts-expect-error the wrong type of items, lazily
  pool.imap(view.isPrime, ["7"]);
  // @ts-expect-error `ordered` makes no sense where it is settled
  pool.imapUnordered(view.isPrime, [7], { ordered: true });
  // @ts-expect-error `buffer` belongs to imap
  pool.map(view.isPrime, [7], { buffer: 5 });
  // @ts-expect-error a closure imapped on the default backend
  pool.imap((n: number) => n, [1]);
  // @ts-expect-error the wrong type of shared argument
  pool.submit(view.isPrime, pool.share("7"));
  // @ts-expect-error the wrong type of shared argument of a stream
  pool.stream(view.scan, pool.share(7));
  // @ts-expect-error a handle on one type is none on another
  const _shared: SharedValue<string> = pool.share(7);
  // @ts-expect-error a closure in a group on the default backend
  pool.group().submit(() => 1);
  // @ts-expect-error the wrong type of argument in a group
  pool.group().submit(view.isPrime, "7");
  // @ts-expect-error a plain `using` on a group
  using _group = pool.group();
  // @ts-expect-error the wrong type of broadcast argument
  pool.broadcast(view.isPrime, "7");
  // @ts-expect-error the wrong type of callback
  pool.applyAsync(view.isPrime, [7], { callback: (_result: string) => {} });
  // @ts-expect-error the wrong type of argument list
  pool.applyAsync(view.isPrime, ["7"]);
  // @ts-expect-error a plain `using` on a pool
  using _pool = new Pool(1);
}

/** Never called: what must be accepted. */
export async function rights(pool: Pool, local: Pool<"async">): Promise<void> {
  const _flag: boolean = await pool.submit(view.isPrime, 7);
  const _bytes: Uint8Array = await pool.submit(view.load, "path", 2);
  const _also: Uint8Array = await pool.apply(view.load, ["path"]);
  const _joined: string = await pool.submit(view.join, "a", "b", "c");
  const _flags: boolean[] = await pool.map(view.isPrime, new Set([7]));
  const _settled: PromiseSettledResult<boolean>[] = await pool.map(view.isPrime, [7], { onError: "settle" });
  const _star: Uint8Array[] = await pool.starmap(view.load, [["a"], ["b", 2]] as [string, number?][]);
  const _closure: number = await local.submit(async (n: number) => await n, 7);
  const _task: boolean = await local.submit(view.isPrime, 7);
  const _stream: StreamTask<[string], string> = view.scan;
  const _with: Task<[n: number], boolean> = view.isPrime.with({ timeout: 5 });
  for await (const _one of pool.map(view.isPrime, [7])) _one satisfies boolean;
  const _lazy: Results<boolean> = pool.imap(view.isPrime, [7], { buffer: 5, ordered: false });
  const _lazySettled: Results<PromiseSettledResult<boolean>> = pool.imap(view.isPrime, [7], { onError: "settle" });
  const _fastest: boolean[] = await pool.imapUnordered(view.isPrime, [7]);
  const _streamed: Results<string> = pool.stream(view.scan, "dir");
  const _counted: number[] = await pool.stream(view.count.with({ timeout: 5 }), 3);
  const _inlined: Results<number> = local.stream(async function* (n: number) {
    yield n;
  }, 7);
  for await (
    const _item of pool.stream(
      inline(function* (n: number) {
        yield `${n}`;
      }),
      7,
    )
  ) _item satisfies string;
  using shared: SharedValue<number> = pool.share(7);
  const _sharedFlag: boolean = await pool.submit(view.isPrime, shared);
  const _computed: string[] = await pool.starmap(task(import.meta, pair), [1, 2].map((n) => [n, "x"]));
  const _inline: number[] = await pool.starmap(
    inline((a: number, b: string) => a + b.length),
    [1].map((n) => [n, "x"]),
  );
  const _lazyLists: string[] = await pool.starmap(task(import.meta, pair), [1, 2].values().map((n) => [n, "x"]));
  const _entries: string[] = await pool.starmap(task(import.meta, pair), new Map([[1, "x"]]));
  const _settledStar: PromiseSettledResult<string>[] = await pool.starmap(
    task(import.meta, pair),
    [1, 2].map((n) => [n, pool.share("x")]),
    { onError: "settle" },
  );
  const _sharedStar: Uint8Array[] = await pool.starmap(view.load, [[pool.share("a"), 2]]);
  const _constants: Uint8Array[] = await pool.starmap(view.load, [["a", 2] as const]);
  const _process: Process<[string, number?], Uint8Array> = new Process(view.load, ["a", 2] as const);
  const _sharedApplied: Uint8Array = await pool.apply(view.load, [pool.share("a"), 2] as const);
  const _everywhere: boolean[] = await pool.broadcast(view.isPrime, shared);
  await using group: TaskGroup = pool.group();
  const _inGroup: Future<boolean> = group.submit(view.isPrime, 7);
  const _sharedInGroup: Future<boolean> = group.submit(view.isPrime, shared);
  const _localGroup: Future<number> = local.group().submit((n: number) => n, 7);
  const _applied: Future<boolean> = pool.applyAsync(view.isPrime, [7], { callback: (_result: boolean) => {} });
}

const PRELUDE = `
import { Pool, tasks } from "@isopool/isopool";
interface Module { isPrime(n: number): boolean; scan(dir: string): AsyncGenerator<string>; pair(a: number, b: string): string }
const view = tasks<Module>("file:///m.ts");
const pool = new Pool(1);
`;

const checked: [string, string, string | undefined][] = [
  ["a right call", "export const f: Promise<boolean> = pool.submit(view.isPrime, 7);", undefined],
  ["a name that the module does not export", "view.isPrim;", "TS2551"],
  ["the wrong type of argument", 'pool.submit(view.isPrime, "7");', "TS2769"],
  ["the wrong type of result", "export const f: Promise<string> = pool.submit(view.isPrime, 7);", "TS2322"],
  [
    "computed argument lists",
    'export const f: Promise<string[]> = pool.starmap(view.pair, [1].map((n) => [n, "x"]));',
    undefined,
  ],
  ["computed argument lists in the wrong order", 'pool.starmap(view.pair, [1].map((n) => ["x", n]));', "TS2345"],
  ["a closure on an isolated backend", "pool.submit(() => 1);", "TS2769"],
  ["a stream that is submitted", 'pool.submit(view.scan, "dir");', "TS2769"],
];

Deno.test("deno check finds each mistake, with its own code, and nothing in a right call (within 60 s)", async () => {
  const map = new URL("../../npm.import_map.json", import.meta.url).pathname;
  const dir = await Deno.makeTempDir();
  try {
    const paths = checked.map((_, index) => `${dir}/case_${index}.ts`);
    for (const [index, path] of paths.entries()) await Deno.writeTextFile(path, PRELUDE + checked[index][1]);
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", `--import-map=${map}`, ...paths],
      stdout: "null",
      stderr: "piped",
      env: { NO_COLOR: "1" },
      signal: AbortSignal.timeout(60_000),
    }).output();
    const text = new TextDecoder().decode(stderr);
    const found = new Map<number, string>();
    for (const [, code, rest] of text.matchAll(/^(TS\d+) \[ERROR\]((?:(?!^TS\d+ \[ERROR\])[^])*)/gm)) {
      const at = rest.match(/case_(\d+)\.ts/);
      if (at) found.set(Number(at[1]), code);
    }
    for (const [index, [what, , code]] of checked.entries()) {
      assertEquals([what, found.get(index)], [what, code], text);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("tasks() in the type tests returns tasks", () => {
  assert(view.isPrime instanceof Task);
});
