/**
 * Shipping a function's source. A shipped function has no module around it: everything it uses must be its parameters,
 * its own locals, or a global. What it uses besides is found by a real parser (`acorn`, with `periscopic` for the
 * scopes) before anything is sent. The parser loads on the first use of {@linkcode inline} and not before: it costs
 * 7 ms, which scripts that inline nothing should not pay.
 *
 * @module
 */
import { bad } from "../core/validate.ts";
import { Task, type TaskOf, type TaskOptions } from "./task.ts";

/**
 * Makes a task of a self-contained function by shipping its source.
 *
 * @param fn A function that uses only its parameters, its own variables and globals. What it needs from a module it
 * imports inside: `const { x } = await import("node:path")`.
 * @throws {TypeError} If `fn` has no source to ship (native, bound, a method or a class). A function with free variables
 * rejects its futures with a TypeError that names them, before anything is sent.
 *
 * @example Code on the spot
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
      `Cannot inline function ${label(fn)}: it is native, bound or a class and has no source to ship: ` +
        "export it from a module and use tasks()",
    );
  }
  const verified = verify(source, label(fn));
  // The future that waits for it reports the failure; a task that is never submitted has nobody to tell.
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
      `Cannot inline function ${name}: its source does not stand by itself (methods, \`super\`, \`#private\` and ` +
        "`import.meta` do not): export it from a module and use tasks()",
      { cause },
    );
  }
  const uses = lookFor(program);
  if (uses.meta) {
    throw new TypeError(
      `Cannot inline function ${name}: it uses \`import.meta\`, and a shipped source has no module: export it from a ` +
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
  meta: boolean;
  /** `arguments` outside of any function that has them. */
  outerArguments: boolean;
  /** Names of class expressions, which the analyser does not declare. */
  classes: Set<string>;
}

type Node = { [key: string]: unknown } & { type: string; name?: string; id?: { name: string } };

// What the scope analyser does not tell.
function lookFor(program: unknown): Uses {
  const uses: Uses = { meta: false, outerArguments: false, classes: new Set() };
  const visit = (value: unknown, inFunction: boolean): void => {
    if (typeof value !== "object" || value === null) return;
    if (Array.isArray(value)) return value.forEach((each) => visit(each, inFunction));
    const node = value as Node;
    if (node.type === "MetaProperty" && (node.meta as Node).name === "import") uses.meta = true;
    if (node.type === "ClassExpression" && node.id) uses.classes.add(node.id.name);
    if (node.type === "Identifier" && node.name === "arguments" && !inFunction) uses.outerArguments = true;
    const has = inFunction || node.type === "FunctionExpression" || node.type === "FunctionDeclaration";
    for (const key of Object.keys(node)) visit(node[key], has);
  };
  visit(program, false);
  return uses;
}

// Taken when this module loads, before the script's own code runs: a global that the script sets is not one that a
// worker has.
const GLOBALS = new Set<PropertyKey>(Reflect.ownKeys(globalThis));

function isGlobal(name: string): boolean {
  return GLOBALS.has(name) || name in Object.getPrototypeOf(globalThis);
}
