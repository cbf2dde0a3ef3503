/**
 * `moduleFiles()`: a local module and all local modules that it imports, as files for another host.
 *
 * The other host has neither this script's import map nor its deno.json. So the specifiers that need them are replaced by
 * what they mean: `"@std/async"` by `"jsr:@std/async@^1.0.0"`. Line numbers stay as they are. What a module imports by a
 * computed URL, and what it reads, is not in its graph, and does not travel.
 *
 * @module
 */
import { IsopoolError } from "../core/errors.ts";
import { JSON, URL } from "../core/platform.ts";
import { denoPath, moduleFlags } from "./process_command.ts";

/** A file of another host. */
export interface ModuleFile {
  /** Its path inside the folder of modules. */
  readonly path: string;
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
 * @param folder Where they will be on the other host.
 * @throws {IsopoolError} If the graph of the module cannot be read.
 */
export async function moduleFiles(url: string, folder: string): Promise<ModuleFile[]> {
  if (!url.startsWith("file:")) return [];
  const modules = await graphOf(url);
  const files: ModuleFile[] = [];
  for (const { specifier, local, error, dependencies = [] } of modules) {
    if (!specifier.startsWith("file:")) continue;
    if (error !== undefined || !local) {
      throw new IsopoolError(`Cannot send ${url} to another host: ${error ?? specifier}`);
    }
    const content = await Deno.readFile(local);
    const path = decodeURIComponent(new URL(specifier).pathname);
    files.push({ path, content: withMeanings(content, dependencies, folder) });
  }
  return files;
}

async function graphOf(url: string): Promise<readonly Module[]> {
  const args = ["info", "--json", ...moduleFlags(), url];
  const { success, stdout, stderr } = await new Deno.Command(denoPath(), { args, stdin: "null" }).output();
  if (!success) {
    throw new IsopoolError(`Cannot send ${url} to another host: ${new TextDecoder().decode(stderr).trim()}`);
  }
  return JSON.parse(new TextDecoder().decode(stdout)).modules;
}

// Replaces the specifiers that mean nothing elsewhere.
function withMeanings(content: Uint8Array, dependencies: readonly Dependency[], folder: string): Uint8Array {
  const meanings = new Map<string, string>();
  for (const { specifier, code } of dependencies) {
    const meaning = code?.specifier;
    if (meaning === undefined || /^\.{1,2}\//.test(specifier)) continue;
    const there = urlIn(folder, meaning);
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
