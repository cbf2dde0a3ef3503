/**
 * A JSR registry on loopback: serves the files that `deno publish` would upload. `JSR_URL` must be its URL.
 *
 * @module
 */

import { built } from "./built.ts";

/** A package to serve: its configuration, and the text of its files by path (`/mod.ts`). */
export interface Package {
  name: string;
  version: string;
  exports: Record<string, string>;
  files: Map<string, string>;
}

const SPECIFIER = /(\bfrom\s*|\bimport\s*\(?\s*)(["'])([^"'\n]+)\2/g;

/** Builds the package as it is published, and reads it. */
export async function readBuilt(): Promise<Package> {
  await using it = await built();
  return await readPackage(it.folder);
}

/** Reads a package directory as `deno publish` would: the included files, with bare specifiers replaced by full ones. */
export async function readPackage(root: URL): Promise<Package> {
  const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const files = new Map<string, string>();
  for (const included of config.publish.include as string[]) {
    for await (const path of walk(root, included)) {
      const text = await Deno.readTextFile(new URL(path, root));
      files.set(`/${path}`, /\.[jt]s$/.test(path) ? unfurl(text, config.imports) : text);
    }
  }
  return { name: config.name, version: config.version, exports: config.exports, files };
}

async function* walk(root: URL, path: string): AsyncGenerator<string> {
  if (!(await Deno.stat(new URL(path, root))).isDirectory) return yield path;
  for await (const entry of Deno.readDir(new URL(path, root))) yield* walk(root, `${path}/${entry.name}`);
}

/** Replaces bare specifiers by the targets in `imports`: a package has no import map. */
function unfurl(source: string, imports: Record<string, string>): string {
  return source.replace(SPECIFIER, (whole, head, quote, specifier: string) => {
    const key = Object.keys(imports).find((key) => specifier === key || specifier.startsWith(`${key}/`));
    return key === undefined ? whole : `${head}${quote}${imports[key]}${specifier.slice(key.length)}${quote}`;
  });
}

/**
 * Reads the parts of the standard library that this package imports from the copy in npm's cache, so that the tests do not
 * need JSR.
 */
export function readStd(root: URL): Promise<Package[]> {
  return Promise.all(["async", "cli"].map((part) => readStdPart(root, part)));
}

async function readStdPart(root: URL, part: string): Promise<Package> {
  const read = async (name: string) => JSON.parse(await Deno.readTextFile(new URL(name, root)));
  const prefix = `@std/${part}/`;
  const { imports } = await read("npm.import_map.json") as { imports: Record<string, string> };
  const entries = Object.entries(imports).filter(([name]) => name.startsWith(prefix));
  const folder = `${await localPath(entries[0][1])}/${part}`;
  const files = new Map<string, string>();
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".js")) files.set(`/${name}`, await Deno.readTextFile(`${folder}/${name}`));
  }
  return {
    name: `@std/${part}`,
    // The minimum version of the range in deno.json.
    version: (await read("deno.json")).imports[`@std/${part}`].split("^")[1],
    exports: Object.fromEntries(
      entries.map(([name, target]) => [`./${name.slice(prefix.length)}`, `./${target.split("/").pop()}`]),
    ),
    files,
  };
}

/** Gives the folder of a downloaded npm package. */
async function localPath(specifier: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-config", specifier],
  }).output();
  if (!success) throw new Error(`Cannot find ${specifier}: ${new TextDecoder().decode(stderr)}`);
  const { npmPackages } = JSON.parse(new TextDecoder().decode(stdout)) as {
    npmPackages: Record<string, { name: string; localPath: string }>;
  };
  return Object.values(npmPackages).find(({ name }) => specifier.startsWith(`npm:${name}@`))!.localPath;
}

/** A running registry. */
export interface Registry extends AsyncDisposable {
  /** The value for `JSR_URL`. */
  url: string;
}

/** Serves packages until disposed. */
export async function serveRegistry(packages: Package[]): Promise<Registry> {
  const responses = new Map<string, string>();
  for (const { name, version, exports, files } of packages) {
    const manifest: Record<string, { size: number; checksum: string }> = {};
    for (const [path, text] of files) {
      const bytes = new TextEncoder().encode(text);
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      manifest[path] = { size: bytes.length, checksum: `sha256-${digest.toHex()}` };
      responses.set(`/${name}/${version}${path}`, text);
    }
    const [scope, short] = name.slice(1).split("/");
    responses.set(
      `/${name}/meta.json`,
      JSON.stringify({ scope, name: short, latest: version, versions: { [version]: {} } }),
    );
    responses.set(`/${name}/${version}_meta.json`, JSON.stringify({ manifest, exports }));
  }
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    const text = responses.get(decodeURIComponent(pathname));
    if (text === undefined) return new Response("not found", { status: 404 });
    const type = pathname.endsWith(".ts")
      ? "text/typescript"
      : pathname.endsWith(".js")
      ? "text/javascript"
      : "application/json";
    return new Response(text, { headers: { "content-type": type } });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
