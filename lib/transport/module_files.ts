/**
 * `moduleFiles()`: a local module and all local modules that it imports, as files for another host.
 *
 * The other host has neither this script's import map nor its deno.json, and other folders. So the specifiers that need
 * them are replaced by what they mean: `"@std/async"` by `"jsr:@std/async@^1.0.0"`, and the URL of a local module by its
 * path relative to the importing one. Line numbers stay as they are. What a module imports by a computed URL, and what it
 * reads, is not in its graph, and does not travel.
 *
 * @module
 */
import { IsopoolError, PermissionScopeError } from "../core/errors.ts";
import { denoPath } from "../core/runtime.ts";
import { JSON, URL } from "../core/platform.ts";
import { moduleFlags } from "./process_command.ts";

/** A file to send to another host. */
export interface ModuleFile {
  /** The URL of the file on this machine. */
  readonly url: string;
  readonly content: Uint8Array;
}

interface Dependency {
  readonly specifier: string;
  readonly code?: { readonly specifier?: string };
}

interface Module {
  readonly specifier: string;
  readonly local?: string | null;
  readonly error?: string;
  readonly dependencies?: readonly Dependency[];
}

/** Returns the URL of a local module on another host; other URLs are the same there. */
export function urlIn(folder: string, url: string): string {
  return url.startsWith("file:") ? `file://${folder}${new URL(url).pathname}` : url;
}

/**
 * Returns the files of a module and of what it imports. There are none for a module that is not local.
 *
 * @throws {IsopoolError} If the graph of the module cannot be read.
 * @throws {PermissionScopeError} If this script may not run `deno info`.
 */
export async function moduleFiles(url: string): Promise<ModuleFile[]> {
  if (!url.startsWith("file:")) return [];
  const files: ModuleFile[] = [];
  for (const { specifier, local, error, dependencies = [] } of await graphOf(url)) {
    if (!specifier.startsWith("file:")) continue;
    if (error !== undefined || !local) {
      throw new IsopoolError(`Cannot send ${url} to another host: ${error ?? specifier}`);
    }
    files.push({ url: specifier, content: withMeanings(await Deno.readFile(local), dependencies, specifier) });
  }
  return files;
}

async function graphOf(url: string): Promise<readonly Module[]> {
  const command = denoPath();
  if (Deno.permissions.querySync({ name: "run", command }).state !== "granted") {
    const flag = `--allow-run=${command}`;
    throw new PermissionScopeError(
      `Cannot send ${url} to another host: what it imports is found by \`deno info\`, which this script may not run: start ` +
        `the script with ${flag}`,
      { flag },
    );
  }
  const args = ["info", "--json", ...moduleFlags(), url];
  const { success, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  if (!success) {
    throw new IsopoolError(`Cannot send ${url} to another host: ${new TextDecoder().decode(stderr).trim()}`);
  }
  return JSON.parse(new TextDecoder().decode(stdout)).modules;
}

// Replaces the specifiers that mean nothing elsewhere.
function withMeanings(content: Uint8Array, dependencies: readonly Dependency[], importer: string): Uint8Array {
  const meanings = new Map<string, string>();
  for (const { specifier, code } of dependencies) {
    const meaning = code?.specifier;
    if (meaning === undefined || /^\.{1,2}\//.test(specifier)) continue;
    const there = meaning.startsWith("file:") ? relativeUrl(importer, meaning) : meaning;
    if (there !== specifier) meanings.set(specifier, there);
  }
  if (meanings.size === 0) return content;
  let text = new TextDecoder().decode(content);
  for (const [specifier, meaning] of meanings) {
    for (const quote of [`"`, `'`]) {
      // Behind `from`, `import` and `import(` only: elsewhere the same text is no specifier.
      const pattern = new RegExp(`(\\b(?:from|import)\\s*\\(?\\s*)${quote}${RegExp.escape(specifier)}${quote}`, "g");
      text = text.replaceAll(pattern, (_, before: string) => before + JSON.stringify(meaning));
    }
  }
  return new TextEncoder().encode(text);
}

function relativeUrl(from: string, to: string): string {
  const here = from.split("/");
  const there = to.split("/");
  let common = 0;
  while (common < here.length - 1 && here[common] === there[common]) common++;
  const up = "../".repeat(here.length - 1 - common);
  return `${up === "" ? "./" : up}${there.slice(common).join("/")}`;
}
