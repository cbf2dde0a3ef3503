/**
 * `inline()`: makes a task from a function's source. The worker evaluates the source without the module around it, so the
 * function may only use its parameters, its own variables and globals. A parser (`acorn`, with `periscopic` for the
 * scopes) finds every other name before the source is sent. The parser loads on the first call of {@linkcode inline}: it
 * takes 7 ms, which a script without inlined functions should not pay.
 *
 * @module
 */
import { bad } from "../core/validate.ts";
import { Task, type TaskOf, type TaskOptions } from "./task.ts";

/**
 * Makes a task from a self-contained function, by sending its source to the worker.
 *
 * Each function is parsed once; the first one of a script also loads the parser, which takes 7 ms. Do not use it for a function that needs other code
 * of its module: export that function, and use {@linkcode tasks} or {@linkcode task}.
 *
 * @param fn A function that uses only its parameters, its own variables and globals. It imports modules inside:
 * `const { x } = await import("node:path")`.
 * @throws {TypeError} If `fn` has no source of its own (native, bound, a method or a class). If `fn` uses variables from
 * outside, its futures reject with a TypeError that names them, and nothing is sent.
 *
 * @example Square numbers on other threads
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { inline, Pool } from "@isopool/isopool";
 *
 * await using pool = new Pool(2);
 * assertEquals(await pool.map(inline((n: number) => n ** 2), [1, 2, 3]), [1, 4, 9]);
 * ```
 */
export function inline<A extends unknown[], R>(
  fn: (...args: A) => R,
  options: TaskOptions = {},
): TaskOf<(...args: A) => R> {
  if (typeof fn !== "function") throw bad("inline function", "fn", fn, "a function", false);
  const source = Function.prototype.toString.call(fn);
  if (/^class\b/.test(source) || /\{\s*\[native code\]\s*\}$/.test(source)) {
    throw new TypeError(
      `Cannot inline function ${label(fn)}: it is native, bound or a class and has no source to send: ` +
        "export it from a module and use tasks()",
    );
  }
  const verified = verify(source, label(fn));
  // The future of a submitted task reports the failure. A task that is never submitted must not report one.
  verified.catch(() => {});
  return new Task(fn.name, { source }, options, fn, verified) as TaskOf<(...args: A) => R>;
}

function label(fn: { readonly name: string }): string {
  return fn.name === "" ? "(anonymous)" : `\`${fn.name}\``;
}

async function verify(source: string, name: string): Promise<void> {
  const [{ parse }, { analyze }] = await Promise.all([import("acorn"), import("periscopic")]);
  let program;
  try {
    program = parse(`(${source}\n)`, { ecmaVersion: "latest", sourceType: "module" });
  } catch (cause) {
    throw new TypeError(
      `Cannot inline function ${name}: its source does not parse by itself (methods, \`super\`, \`#private\` and ` +
        "`import.meta` do not): export it from a module and use tasks()",
      { cause },
    );
  }
  const uses = findUses(program);
  if (uses.meta) {
    throw new TypeError(
      `Cannot inline function ${name}: it uses \`import.meta\`, and an inlined source has no module: export it from a ` +
        "module and use tasks()",
    );
  }
  // deno-lint-ignore no-explicit-any -- acorn's nodes are ESTree nodes, under another library's type names
  const free = [...analyze(program as any).globals.keys()]
    .filter((key) => key === "arguments" ? uses.outerArguments : !isGlobal(key) && !uses.classes.has(key));
  if (free.length > 0) {
    throw new TypeError(
      `Cannot inline function ${name}: it uses ${free.map((key) => `\`${key}\``).join(", ")} from outside, which a ` +
        "worker does not have: pass it as an argument, import it inside the function, or export the function from a " +
        "module and use tasks()",
    );
  }
}

interface Uses {
  /** Whether there is an `import.meta`. */
  meta: boolean;
  /** Whether `arguments` is used outside of any function that defines it. */
  outerArguments: boolean;
  /** Names of class expressions, which `periscopic` does not declare. */
  classes: Set<string>;
}

type Node = { [key: string]: unknown } & { type: string; name?: string; id?: { name: string } };

// Finds what `periscopic` does not report.
function findUses(program: unknown): Uses {
  const uses: Uses = { meta: false, outerArguments: false, classes: new Set() };
  const visit = (value: unknown, inFunction: boolean): void => {
    if (typeof value !== "object" || value === null) return;
    if (Array.isArray(value)) return value.forEach((each) => visit(each, inFunction));
    const node = value as Node;
    if (node.type === "MetaProperty" && (node.meta as Node).name === "import") uses.meta = true;
    if (node.type === "ClassExpression" && node.id) uses.classes.add(node.id.name);
    if (node.type === "Identifier" && node.name === "arguments" && !inFunction) uses.outerArguments = true;
    const inside = inFunction || node.type === "FunctionExpression" || node.type === "FunctionDeclaration";
    for (const key of Object.keys(node)) visit(node[key], inside);
  };
  visit(program, false);
  return uses;
}

// Read when this module loads, before the script's own code runs: a worker does not have the globals that the script sets.
const GLOBALS = new Set<PropertyKey>(Reflect.ownKeys(globalThis));

function isGlobal(name: string): boolean {
  return GLOBALS.has(name) || name in Object.getPrototypeOf(globalThis);
}
