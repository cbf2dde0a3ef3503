/** Programs of the guide that the doc tests cannot run, because they have several files: they run as pasted. */
import { assertEquals } from "@std/assert";
import { Workspace } from "../cli/kit.ts";
import { runScript } from "../support/script.ts";

/** The block of a page that begins with `// name`, with the imports of the repository. */
async function program(page: string, name: string): Promise<string> {
  const text = await Deno.readTextFile(new URL(`../../docs/${page}`, import.meta.url));
  const blocks = text.match(/^```ts ignore\n[\s\S]*?^```$/gm) ?? [];
  const block = blocks.find((each) => each.split("\n")[1].startsWith(`// ${name}`));
  if (block === undefined) throw new Error(`docs/${page} has no block that begins with // ${name}`);
  return block.split("\n").slice(1, -1).join("\n").replaceAll("jsr:@isopool/", "@isopool/");
}

Deno.test("docs/start.md: main.ts and hash.ts print the sha256 of the files that they get, with --allow-read alone", async () => {
  const [main, hash] = [await program("start.md", "main.ts"), await program("start.md", "hash.ts")];
  const { code, stdout } = await runScript(main, {
    files: { "hash.ts": hash },
    args: ["hash.ts", "main.ts"],
    permissions: ["--no-prompt", "--allow-read"],
  });
  const digests = await Promise.all([hash, main].map(async (text) => {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return new Uint8Array(digest).toHex();
  }));
  assertEquals([code, stdout.match(/[0-9a-f]{64}/g)], [0, digests]);
});

Deno.test({
  name: "docs/cli.md: gzip.ts compresses each file that matches by the program gzip; a failure has its message",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using workspace = await Workspace.make({
      "gzip.ts": await program("cli.md", "gzip.ts"),
      "a.log": "a".repeat(10_000),
      "b.log": "b".repeat(20_000),
    });
    const { code, stdout, stderr } = await workspace.run(["map", "gzip.ts", "gzip", "--files", "*.log"]);
    assertEquals([code, stdout.trim().split("\n").sort(), stderr], [0, [`"a.log.gz"`, `"b.log.gz"`], ""]);
    const packed = await Deno.open(`${workspace.folder}/b.log.gz`);
    const text = await new Response(packed.readable.pipeThrough(new DecompressionStream("gzip"))).text();
    assertEquals(text, "b".repeat(20_000));
    const failed = await workspace.run(["map", "gzip.ts", "gzip", ":::", "none.log"]);
    assertEquals([failed.code, failed.stderr.includes("none.log: No such file")], [1, true]);
  },
});
