/**
 * Installs the npm pools once into a folder outside of this repository, and copies their drivers below it: Node looks for
 * a package in the folders above the file that imports it.
 *
 * ```
 * ~/.cache/isopool-bench/node_modules/
 *                        3f09c2d15a7e/{drivers,tasks,workloads}/    named by a digest of its files
 * ```
 *
 * The digest lets two checkouts with different drivers run at the same time.
 *
 * @module
 */

/** Exact versions, so that the figures of two runs can be compared. */
const PACKAGES = ["piscina@5.3.2", "tinypool@2.2.0", "workerpool@10.0.3", "poolifier@5.3.2", "threads@1.7.0"];
const FOLDERS = ["drivers", "tasks", "workloads"];
const BENCH = new URL("../", import.meta.url);

let installed: Promise<URL> | undefined;

/** Gives the folder with a copy of the drivers; installs missing packages. */
export function peers(): Promise<URL> {
  return installed ??= install();
}

async function install(): Promise<URL> {
  const folder = new URL(`file://${cacheHome()}/isopool-bench/`);
  await Deno.mkdir(folder, { recursive: true });
  const wanted = PACKAGES.join(" ");
  const stamp = new URL("installed.txt", folder);
  if (await Deno.readTextFile(stamp).catch(() => "") !== wanted) {
    await npmInstall(decodeURIComponent(folder.pathname));
    await Deno.writeTextFile(stamp, wanted);
  }
  return await copyModules(folder);
}

function cacheHome(): string {
  const home = Deno.env.get("HOME");
  return Deno.env.get("XDG_CACHE_HOME") ?? (home ? `${home}/.cache` : "/tmp");
}

async function npmInstall(prefix: string): Promise<void> {
  const npm = new Deno.Command("npm", {
    args: ["install", "--prefix", prefix, "--no-audit", "--no-fund", "--save-exact", ...PACKAGES],
    stdout: "null",
    stderr: "piped",
  });
  const { success, stderr } = await npm.output();
  if (success) return;
  const reason = new TextDecoder().decode(stderr).split("\n").findLast((line) => line.startsWith("npm error"));
  throw new Error(`npm could not install the peers: ${reason ?? "no reason given"}`);
}

async function copyModules(folder: URL): Promise<URL> {
  const texts = new Map<string, string>();
  for (const name of FOLDERS) {
    for await (const file of Deno.readDir(new URL(`${name}/`, BENCH))) {
      if (!file.name.endsWith(".mjs")) continue;
      texts.set(`${name}/${file.name}`, await Deno.readTextFile(new URL(`${name}/${file.name}`, BENCH)));
    }
  }
  const copy = new URL(`${await digest(JSON.stringify([...texts].sort()))}/`, folder);
  if (await exists(copy)) return copy;
  const draft = await Deno.makeTempDir({ dir: decodeURIComponent(folder.pathname) });
  for (const name of FOLDERS) await Deno.mkdir(`${draft}/${name}`);
  for (const [path, text] of texts) await Deno.writeTextFile(`${draft}/${path}`, text);
  try {
    await Deno.rename(draft, copy);
  } catch (error) {
    // Another run has made the same copy since the look above.
    if (!(await exists(copy))) throw error;
    await Deno.remove(draft, { recursive: true });
  }
  return copy;
}

async function digest(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(hash).slice(0, 6).toHex();
}

function exists(url: URL): Promise<boolean> {
  return Deno.stat(url).then(() => true, () => false);
}
