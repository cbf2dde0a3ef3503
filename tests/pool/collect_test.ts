import { assertEquals } from "@std/assert";
import { test } from "../support/within.ts";

const SCRIPT = `
import { inline, Pool } from ${JSON.stringify(import.meta.resolve("../../mod.ts"))};

const size = inline((value: { n: number }) => ({ n: value.n + 1 }));
async function run(pool: Pool): Promise<WeakRef<object>[]> {
  const argument = { n: 1 };
  const future = pool.submit(size, argument);
  const item = { n: 2 };
  const results = await pool.map(size, [item]);
  const result = await future;
  return [argument, item, future, result, results, results[0]].map((value) => new WeakRef(value));
}
const pool = new Pool(1);
const refs = await run(pool);
const end = performance.now() + 10_000;
while (refs.some((ref) => ref.deref()) && performance.now() < end) {
  // A turn of the loop, so that weak references let go, then a collection.
  await new Promise((resolve) => setTimeout(resolve, 1));
  (globalThis as unknown as { gc(): void }).gc();
}
console.log(JSON.stringify(refs.map((ref) => ref.deref() !== undefined)));
await pool.terminate();
`;

test("arguments, futures and results are collectable once settled and read (within 10 s)", async () => {
  const script = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(script, SCRIPT);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--v8-flags=--expose-gc", "--import-map=npm.import_map.json", "-A", script],
      cwd: new URL("../../", import.meta.url),
      signal: AbortSignal.timeout(60_000),
    }).output();
    const held = new TextDecoder().decode(stdout).trim();
    assertEquals(held, JSON.stringify([false, false, false, false, false, false]), new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(script);
  }
});
