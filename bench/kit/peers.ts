/**
 * The npm pools, installed once into a folder outside of this repository, with a copy of their drivers beside them: an
 * import finds a package by the place of the file that imports it.
 *
 * @module
 */

/** Exact, so that two runs compare. */
const PACKAGES = ["piscina@5.3.2", "tinypool@2.2.0", "workerpool@10.0.3", "poolifier@5.3.2", "threads@1.7.0"];
const BENCH = new URL("../", import.meta.url);

let installed: Promise<URL> | undefined;

/** The folder with `node_modules` and the drivers; installs what is missing. */
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
  for (const name of ["drivers", "tasks", "workloads"]) {
    await copyModules(new URL(`${name}/`, BENCH), new URL(`${name}/`, folder));
  }
  return folder;
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
  throw new Error(`npm could not install it: ${reason ?? "no reason given"}`);
}

async function copyModules(from: URL, to: URL): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) {
    if (name.endsWith(".mjs")) await Deno.copyFile(new URL(name, from), new URL(name, to));
  }
}
