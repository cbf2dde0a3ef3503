/**
 * `codeHash()`: a hash of the code that a map runs, by which a later run sees that the code has changed.
 *
 * @module
 */
import { builtin } from "../core/builtin.ts";
import { URL } from "../core/platform.ts";

/** The code of a task: an export of a module, or the source of a function. */
export type Code = { readonly url: string; readonly name: string } | { readonly source: string };

/** Specifiers of modules that belong to the same program: relative ones, in imports and in `import.meta.resolve()`. */
const LOCAL_MODULE = /\b(?:from|import|resolve)\s*\(?\s*["'](\.{1,2}\/[^"'\n]+)["']/g;

const newHash = () => builtin("node:crypto").createHash("sha256");

/** Returns the SHA-256 of a text, in base64url. */
export function sha256(text: string): string {
  return newHash().update(text).digest("base64url");
}

/**
 * Hashes the code of a task. Of a local module, it is the text of the module and of those that it imports by a relative
 * path, and so on. A module from elsewhere counts by its URL, which has its version.
 */
export function codeHash(code: Code): string {
  if ("source" in code) return sha256(code.source);
  const hash = newHash().update(code.name);
  // A Set is iterated in the order of insertion, elements added meanwhile included.
  const modules = new Set([code.url]);
  for (const url of modules) {
    // The texts, and not the paths: a program that was moved is the same program.
    const text = url.startsWith("file:") ? textOf(url, url === code.url) : url;
    hash.update(`\n${text.length}\n${text}`);
    for (const [, specifier] of text.matchAll(LOCAL_MODULE)) modules.add(new URL(specifier, url).href);
  }
  return hash.digest("base64url");
}

// What looks like an import may stand in a comment or a string, and name no file.
function textOf(url: string, mustExist: boolean): string {
  try {
    return Deno.readTextFileSync(new URL(url));
  } catch (error) {
    if (mustExist) throw error;
    return "";
  }
}
