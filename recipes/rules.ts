/** The rules of `deno task lint`. Each worker loads this module; add yours. */

/** A finding: where, and what is wrong. */
export interface Finding {
  path: string;
  line: number;
  message: string;
}

const RULES: [pattern: RegExp, message: string][] = [
  [/[ \t]+$/, "whitespace at the end of the line"],
  [/^(<<<<<<<|>>>>>>>) /, "an unresolved merge conflict"],
  [/\bdebugger\b/, "a debugger statement"],
  [/^.{201,}$/, "more than 200 characters"],
];

/** Reads a file and returns what the rules find. */
export async function lint(path: string): Promise<Finding[]> {
  const lines = (await Deno.readTextFile(path)).split(/\r?\n/);
  return lines.flatMap((text, i) =>
    RULES.filter(([pattern]) => pattern.test(text)).map(([, message]) => ({ path, line: i + 1, message }))
  );
}
