/**
 * Decision B of ARCHITECTURE.md relies on this: a Deno Web Worker that may read nothing runs a local task module if the
 * generated `data:` entry names the module literally.
 */
import { assertEquals } from "@std/assert";

const SCRIPT = `
const task = import.meta.resolve("./task.ts");
const entry = "data:text/javascript," + encodeURIComponent(
  \`import * as task from \${JSON.stringify(task)};
  const attempt = async (run) => { try { return await run(); } catch (error) { return error.name; } };
  postMessage([
    task.double(21),
    await attempt(() => Deno.readTextFile(new URL(\${JSON.stringify(task)}))),
    await attempt(() => import(\${JSON.stringify(task)} + "?computed")),
  ]);\`);
const worker = new Worker(entry, { type: "module", deno: { permissions: "none" } });
worker.onmessage = (event) => { console.log(JSON.stringify(event.data)); worker.terminate(); };
`;

Deno.test("a scoped web worker runs a local module that its entry names, without read access to it", async () => {
  const dir = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${dir}/main.ts`, SCRIPT);
    await Deno.writeTextFile(`${dir}/helper.ts`, "export const two: number = 2;");
    await Deno.writeTextFile(
      `${dir}/task.ts`,
      `import { two } from "./helper.ts"; export const double = (n: number): number => n * two;`,
    );
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--unstable-worker-options", "-A", "main.ts"],
      cwd: dir,
      signal: AbortSignal.timeout(30_000),
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assertEquals(
      JSON.parse(text(stdout)),
      [42, "NotCapable", "TypeError"],
      `revisit decision B in ARCHITECTURE.md: ${text(stderr)}`,
    );
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
