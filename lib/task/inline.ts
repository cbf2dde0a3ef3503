/**
 * `inline()`: makes a task from a function's source. The worker evaluates the source without the module around it, so the
 * function may only use its parameters, its own variables and globals. A parser (`acorn`, with `periscopic` for the
 * scopes) finds every other name before the source is sent. The parser loads on the first call of
 * {@linkcode inline}, so that a script without inlined functions does not wait for it.
 *
 * @module
 */
import { Caller } from "../core/at_caller.ts";
import { Promise } from "../core/platform.ts";
import { badOption, refusal } from "../core/validate.ts";
import { isGlobal, isHidden } from "./inline_globals.ts";
import { Task, type TaskOf, type TaskOptions, type Verification } from "./task.ts";

/**
 * Makes a task from a self-contained function, by sending its source to the worker.
 *
 * Each function is parsed once; the first one of a script also loads the parser, which takes 7 ms. Do not use it for a
 * function that needs other code of its module: export that function, and use {@linkcode tasks} or {@linkcode task}.
 *
 * Globals that a file often hides by a variable of its own count as variables from outside: `name`, `location`, `close`,
 * and what all objects inherit, such as `toString`. Write `globalThis.name` for the global.
 *
 * @param fn A function that uses only its parameters, its own variables and globals. It imports modules inside:
 * `const { x } = await import("node:path")`. A relative path is not resolved from the file of the function: pass the result
 * of `import.meta.resolve()` as an argument.
 * @throws {TypeError} If `fn` has no source of its own (native, bound, a method, a getter or a class). If `fn` uses
 * variables or the `this` from outside, its futures reject with a TypeError that names them, and nothing is sent; a pool
 * with such an initializer or finalizer breaks.
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
  if (typeof fn !== "function") throw badOption("inline function", "fn", fn, "a function", false);
  const source = Function.prototype.toString.call(fn);
  if (/^class\b/.test(source) || /\{\s*\[native code\]\s*\}$/.test(source)) {
    throw refusal(
      `Cannot inline function ${label(fn)}: it is native, bound or a class and has no source to send: ${EXPORT_IT}`,
    );
  }
  checkSyntax(source, label(fn));
  const caller = new Caller({ action: "inline function", method: inline });
  const verification: Verification = {
    pending: verify(source, label(fn)).then(() => void (verification.pending = undefined), (error) => {
      throw caller.addTo(error);
    }),
  };
  // The future of a submitted task reports the failure. A task that is never submitted must not report one.
  verification.pending!.catch(() => {});
  return new Task(nameOf(fn), { source }, options, fn, verification) as TaskOf<(...args: A) => R>;
}

const EXPORT_IT = "export it from a module and use tasks()";

// A program can give a function any name, also one that is no string.
function nameOf(fn: { readonly name: unknown }): string {
  return typeof fn.name === "string" ? fn.name : "";
}

function label(fn: { readonly name: unknown }): string {
  const name = nameOf(fn);
  return name === "" ? "(anonymous)" : `\`${name}\``;
}

// The source of a method or getter is no expression. The engine finds that at once; the parser has to be loaded first.
function checkSyntax(source: string, name: string): void {
  try {
    new Function(expression(source)); // Compiles it, and does not run it.
  } catch (cause) {
    // This process may not compile text (`--disallow-code-generation-from-strings`): then the parser decides. It also has a
    // better message for `import.meta`.
    if (!(cause instanceof SyntaxError) || source.includes("import.meta")) return;
    throw syntaxError(name, cause);
  }
}

// What a worker evaluates (protocol/load_task.ts).
function expression(source: string): string {
  return `"use strict"; return (${source}\n)`;
}

function syntaxError(name: string, cause: unknown): TypeError {
  return new TypeError(
    `Cannot inline function ${name}: its source does not parse by itself (methods, getters, \`super\`, \`#private\` and ` +
      `\`import.meta\` do not): ${EXPORT_IT}`,
    { cause },
  );
}

async function verify(source: string, name: string): Promise<void> {
  const [{ parse }, { analyze }] = await Promise.all([import("acorn"), import("periscopic")]);
  let program;
  try {
    program = parse(`(${source}\n)`, { ecmaVersion: "latest", sourceType: "module" });
  } catch (cause) {
    throw syntaxError(name, cause);
  }
  const uses = findUses(program);
  if (uses.meta) {
    throw new TypeError(
      `Cannot inline function ${name}: it uses \`import.meta\`, and an inlined source has no module: ${EXPORT_IT}`,
    );
  }
  // deno-lint-ignore no-explicit-any -- acorn's nodes are ESTree nodes, under another library's type names
  const free = [...analyze(program as any).globals.keys()]
    .filter((key) => key === "arguments" ? uses.outerArguments : !isGlobal(key) && !uses.classes.has(key));
  if (uses.outerThis) free.push("this");
  if (free.length > 0) {
    const hidden = free.filter((key) => isHidden(key));
    const way = hidden.length > 0
      ? `write ${hidden.map((key) => `globalThis.${key}`).join(", ")} for the global, `
      : "";
    throw new TypeError(
      `Cannot inline function ${name}: it uses ${free.map((key) => `\`${key}\``).join(", ")} from outside, which a ` +
        `worker does not have: ${way}pass it as an argument, import it inside the function (of a module beside this one, ` +
        "pass the address: import.meta.resolve(path)), or export the function from a module and use tasks()",
    );
  }
}

interface Uses {
  /** Whether there is an `import.meta`. */
  meta: boolean;
  /** Whether `arguments` is used outside of any function that defines it. */
  outerArguments: boolean;
  /** Whether `this` is used outside of any function or class inside: a task is called without one. */
  outerThis: boolean;
  /** Names of class expressions, which `periscopic` does not declare. */
  classes: Set<string>;
}

type Node = { [key: string]: unknown } & { type: string; name?: string; id?: { name: string } };

// Finds what `periscopic` does not report.
function findUses(program: unknown): Uses {
  const uses: Uses = { meta: false, outerArguments: false, outerThis: false, classes: new Set() };
  // `level` is the number of functions and classes around a node that have a `this` of their own.
  const visit = (value: unknown, inFunction: boolean, level: number): void => {
    if (typeof value !== "object" || value === null) return;
    if (Array.isArray(value)) return value.forEach((each) => visit(each, inFunction, level));
    const node = value as Node;
    if (node.type === "MetaProperty" && (node.meta as Node).name === "import") uses.meta = true;
    if (node.type === "ClassExpression" && node.id) uses.classes.add(node.id.name);
    if (node.type === "Identifier" && node.name === "arguments" && !inFunction) uses.outerArguments = true;
    if (node.type === "ThisExpression" && level === 0) uses.outerThis = true;
    const isFunction = node.type === "FunctionExpression" || node.type === "FunctionDeclaration";
    // The parts of a class that have no `this` of its own, such as computed keys, are rare: they are not told apart.
    const inner = isFunction || node.type === "ClassBody" ? level + 1 : level;
    for (const key of Object.keys(node)) visit(node[key], inFunction || isFunction, inner);
  };
  const [{ expression: root }] = (program as { body: [{ expression: Node }] }).body;
  // The `this` of the function itself is none of its own: the pool calls it without one.
  for (const key of Object.keys(root)) visit(root[key], root.type === "FunctionExpression", 0);
  return uses;
}
