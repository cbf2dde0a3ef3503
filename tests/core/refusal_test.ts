/** Refused calls: the stack of the error begins at the caller's line, which the runtime shows first. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Future,
  inline,
  limit,
  Manager,
  move,
  Pipe,
  Pool,
  pooled,
  Process,
  Queue,
  select,
  Semaphore,
  SharedArray,
  stages,
  task,
  tasks,
  Value,
} from "@isopool/isopool";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

const bad = { sizeMax: 1 } as never;
const refused: Record<string, () => unknown> = {
  "new Pool": () => new Pool({ timout: 1 } as never),
  "new Process": () => new Process(inline(() => 1), { args: 1 } as never),
  tasks: () => tasks("./t.ts", bad),
  task: () => task(import.meta, () => 1),
  inline: () => inline(1 as never),
  pooled: () => pooled([1], (n) => n, { concurrency: -1 }),
  limit: () => limit(-1),
  stages: () => stages([1]).io((n) => n, bad),
  move: () => move(1 as never),
  "new Queue": () => new Queue(bad),
  Pipe: () => Pipe(bad),
  select: () => select([]),
  "new Manager": () => new (Manager as never as new (options: unknown) => unknown)(bad),
  "new Value": () => new Value("x" as never),
  "new SharedArray": () => new SharedArray("i32", -1),
  "new Barrier": () => new Barrier(0),
  "new Condition": () => new Condition(bad),
  "new Semaphore": () => new Semaphore(-1),
  "new BoundedSemaphore": () => new BoundedSemaphore(-1),
  "new Future": () => new (Future as never as new () => unknown)(),
};

/** The error that a call throws, or with which its promise rejects. */
const refusalOf = (call: () => unknown) => assertRejects(async () => void await call(), Error);

for (const [name, call] of Object.entries(refused)) {
  test(`${name}: the first frame of a refusal is the caller's`, async () => {
    const { message, stack } = await refusalOf(call);
    assertStringIncludes(message, "Cannot ");
    const [first, frame] = stack!.split(/\n(?= {4}at )/);
    assert(first.endsWith(message), stack);
    assertStringIncludes(frame, import.meta.url);
  });
}

test("inline(): a function that uses what a worker lacks is refused at the line of inline()", async () => {
  const factor = 3;
  const triple = inline((n: number) => n * factor);
  await using pool = new Pool(1);
  const { message, stack } = await assertRejects(() => pool.submit(triple, 1), TypeError);
  assertStringIncludes(message, "it uses `factor` from outside");
  assertStringIncludes(stack!.slice(stack!.indexOf(message) + message.length).split("\n")[1], import.meta.url);
});

test("an uncaught refusal prints its message and the caller's line first, and no line of the library's source", async () => {
  const source = `import { Queue } from "@isopool/isopool";\n\nnew Queue({ maxsize: 1 });\n`;
  const { code, stderr } = await runScript(source);
  assertEquals(code, 1, stderr);
  assert(
    /unknown option `maxsize`: did you mean `maxSize`\? The options are maxSize\n {4}at \S*main\.ts:3:1/.test(stderr),
    stderr,
  );
  assert(!stderr.includes("throw "), stderr);
});
