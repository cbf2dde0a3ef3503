/**
 * Everything public that can be given a value: functions, constructors, methods, setters. The list comes from `deno doc`, so
 * a new export is in it.
 *
 * @module
 */

/** Name of the variable in which `badInput` hands the callables of one export to its process. */
export const CALLABLES = "ISOPOOL_CALLABLES";

/** Something public that takes values. */
export interface Callable {
  /** The export: a function, a class, or an interface of objects that the library makes. */
  readonly owner: string;
  /** The method; `undefined` for a function, `"new"` for a constructor. */
  readonly method: string | undefined;
  readonly kind: "function" | "constructor" | "method" | "setter";
  readonly params: readonly Param[];
}

/** A parameter. */
export interface Param {
  readonly name: string;
  readonly isRest: boolean;
}

/** The entry points, with the module that is imported for each. */
export const ENTRIES: Record<string, string> = {
  "mod.ts": "@isopool/isopool",
  "lib/cluster.ts": "@isopool/isopool/cluster",
  "lib/trace.ts": "@isopool/isopool/trace",
  "workers/context.ts": "@isopool/isopool/worker",
};

/** The parameters that a rest parameter stands for, where its type lists several. */
const REST: Record<string, readonly string[]> = { "Process.new": ["args", "options"] };

// deno-lint-ignore no-explicit-any -- JSON of `deno doc`
type Doc = any;

/** Reads what an entry point exports, by the names of its exports. */
export async function surface(entry: string): Promise<Map<string, Callable[]>> {
  const { stdout, code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", "--import-map=npm.import_map.json", entry],
    cwd: new URL("../../", import.meta.url),
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  if (code !== 0) throw new Error(`deno doc failed: ${new TextDecoder().decode(stderr)}`);
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as Doc;
  const symbols: Doc[] = Object.values(nodes).flatMap((module: Doc) => module.symbols);
  const declarations = new Map<string, Doc[]>(symbols.map(({ name, declarations }) => [name, declarations]));
  const found = new Map<string, Callable[]>();
  for (const [owner, all] of declarations) {
    const exported = all.filter(({ declarationKind }) => declarationKind === "export");
    const callables = merged(exported.flatMap((each) => callablesOf(owner, each, declarations))).map(withRest);
    if (callables.length > 0) found.set(owner, callables);
  }
  return found;
}

function callablesOf(owner: string, { kind, def }: Doc, all: Map<string, Doc[]>): Callable[] {
  if (kind === "function") return [{ owner, method: undefined, kind: "function", params: params(def.params) }];
  if (kind === "interface") {
    const methods = inherited(def, all).flatMap((each) => each.methods ?? []).map((each): Callable => ({
      owner,
      method: each.name,
      kind: "method",
      params: params(each.params ?? []),
    }));
    const writable = (def.properties ?? []).filter(({ readonly }: Doc) => !readonly).map(({ name }: Doc): Callable => ({
      owner,
      method: name,
      kind: "setter",
      params: [{ name: "value", isRest: false }],
    }));
    // Without methods it is what callers pass, and varied there.
    return methods.length > 0 ? [...methods, ...writable] : [];
  }
  if (kind !== "class" || def.isAbstract) return [];
  const constructors = (def.constructors ?? []).map((each: Doc): Callable => ({
    owner,
    method: "new",
    kind: "constructor",
    params: params(each.params),
  }));
  const methods = inherited(def, all).flatMap((each) => each.methods ?? [])
    .filter(({ kind, isStatic }) => kind !== "getter" && !isStatic)
    .map((each): Callable => ({
      owner,
      method: each.name,
      kind: each.kind === "setter" ? "setter" : "method",
      params: params(each.functionDef.params),
    }));
  return [...constructors, ...methods];
}

/** A class or interface, and those that it extends. */
function inherited(def: Doc, all: Map<string, Doc[]>): Doc[] {
  const bases: string[] = typeof def.extends === "string"
    ? [def.extends]
    : (def.extends ?? []).map(({ repr }: Doc) => repr);
  const defs = bases.flatMap((name) => all.get(name) ?? []).filter(({ def }) => def !== undefined);
  return [def, ...defs.flatMap((each) => inherited(each.def, all))];
}

function params(given: Doc[]): Param[] {
  return given.filter((each) => each.name !== "this").map((each) => {
    const inner = each.arg ?? each.left ?? each;
    return { name: inner.name ?? "value", isRest: each.kind === "rest" };
  });
}

function withRest(callable: Callable): Callable {
  const names = REST[`${callable.owner}.${callable.method}`];
  if (names === undefined) return callable;
  const named = callable.params.filter(({ isRest }) => !isRest);
  return { ...callable, params: [...named, ...names.map((name) => ({ name, isRest: false }))] };
}

/** One callable for the overloads of each method: the one with the most parameters. */
function merged(callables: Callable[]): Callable[] {
  const byName = Map.groupBy(callables, ({ kind, method }) => `${kind} ${method}`);
  return [...byName.values()].map((all) => all.reduce((a, b) => b.params.length > a.params.length ? b : a))
    .filter(({ params }) => params.length > 0);
}
