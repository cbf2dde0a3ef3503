/**
 * `codeTests()`: runs the code in documentation, as `deno test --doc` does (`deno task doctest`), but all of it in one
 * isolate: loading the library anew takes longer than most of the code.
 *
 * @module
 */
import { test } from "../support/within.ts";

const ROOT = new URL("../../", import.meta.url);

/** Code of a file, and where it stands. */
interface Code {
  readonly text: string;
  /** The numbers of its first and its last line. */
  readonly lines: string;
}

/** Registers a test for each piece of code in files, which are Markdown or have it in their doc comments. */
export function codeTests(files: readonly string[]): void {
  const folder = Deno.makeTempDirSync({ prefix: "isopool-test-" });
  globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  for (const [i, file] of files.entries()) {
    for (const { text, lines } of codeIn(Deno.readTextFileSync(new URL(file, ROOT)))) {
      test(`${file}:${lines}`, async () => {
        const path = `${folder}/${i}_${lines}.ts`;
        await Deno.writeTextFile(path, text);
        await import(`file://${path}`);
      }, { deadline: 60_000 });
    }
  }
}

function* codeIn(text: string): Generator<Code> {
  let found: string[] | undefined;
  for (const [i, line] of text.split("\n").entries()) {
    // In a doc comment, the line begins with a star.
    const content = line.replace(/^ *\* ?/, "");
    if (found === undefined) found = content === "```ts" ? [] : undefined;
    else if (content !== "```") found.push(content);
    else {
      yield { text: found.join("\n"), lines: `${i + 1 - found.length}-${i}` };
      found = undefined;
    }
  }
}
