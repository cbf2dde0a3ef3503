/** Attempts on files and folders, by every way to them. target.ts says what an attempt returns. */
import fs from "node:fs";
import fsPromises from "node:fs/promises";
import { createRequire } from "node:module";
import { DatabaseSync } from "node:sqlite";
import { type Attempt, first, inWorker } from "./target.ts";

const decoder = new TextDecoder();

/** Reading. */
export const reading: Record<string, Attempt> = {
  "Deno.readTextFileSync": ({ folder }) => Deno.readTextFileSync(`${folder}/secret`),
  "Deno.readFile": async ({ folder }) => decoder.decode(await Deno.readFile(`${folder}/secret`)),
  "Deno.open": async ({ folder }) => {
    using file = await Deno.open(`${folder}/secret`);
    return await file.read(new Uint8Array(9));
  },
  "Deno.readDirSync": ({ folder }) => [...Deno.readDirSync(folder)].length,
  "Deno.statSync": ({ folder }) => Deno.statSync(`${folder}/secret`).size,
  "Deno.lstatSync": ({ folder }) => Deno.lstatSync(`${folder}/secret`).size,
  "Deno.realPathSync": ({ folder }) => Deno.realPathSync(`${folder}/open/link`),
  "Deno.readLinkSync": ({ folder }) => Deno.readLinkSync(`${folder}/link`),
  "Deno.watchFs": ({ folder }) => Deno.watchFs(folder).close() ?? true,
  "Deno.copyFileSync out of sight": ({ folder }) => {
    Deno.copyFileSync(`${folder}/secret`, `${folder}/out/copy`);
    return true;
  },
  "fs.readFileSync": ({ folder }) => fs.readFileSync(`${folder}/secret`, "utf8"),
  "fs.promises.readFile": ({ folder }) => fsPromises.readFile(`${folder}/secret`, "utf8"),
  "fs.openSync": ({ folder }) => fs.openSync(`${folder}/secret`, "r"),
  "fs.createReadStream": ({ folder }) => first(fs.createReadStream(`${folder}/secret`), "data"),
  "fs.existsSync": ({ folder }) => fs.existsSync(`${folder}/secret`) || undefined,
  "fs.readdirSync": ({ folder }) => fs.readdirSync(folder).length,
  "fs.statSync": ({ folder }) => fs.statSync(`${folder}/secret`).size,
  "fs.accessSync": ({ folder }) => fs.accessSync(`${folder}/secret`) ?? true,
  "fs.watch": ({ folder }) => watched(fs.watch(folder)),
  "fetch of a file: URL": async ({ folder }) => await (await fetch(`file://${folder}/secret`)).text(),
  "createRequire of a JSON file": ({ folder }) => createRequire(`file://${folder}/`)(`${folder}/data.json`),
  "node:sqlite": ({ folder }) => new DatabaseSync(`${folder}/base.db`).prepare("select * from t").all().length,
  "node:sqlite, ATTACH": ({ folder }) => {
    const base = new DatabaseSync(":memory:");
    base.exec(`attach '${folder}/base.db' as other`);
    return base.prepare("select * from other.t").all().length;
  },
  "a path with ..": ({ folder }) => Deno.readTextFileSync(`${folder}/open/../secret`),
  "a path with // and /./": ({ folder }) => Deno.readTextFileSync(`${folder}//open/.././/secret`),
  "a symbolic link in a folder that may be read": ({ folder }) => Deno.readTextFileSync(`${folder}/open/link`),
  "a symbolic link, by node:fs": ({ folder }) => fs.readFileSync(`${folder}/open/link`, "utf8"),
  "a folder that is a symbolic link": ({ folder }) => Deno.readTextFileSync(`${folder}/open/up/secret`),
  "a percent-encoded file: URL": ({ folder }) => Deno.readTextFileSync(new URL(`file://${folder}/open/%2e%2e/secret`)),
  "Deno.chdir to the root": () => Deno.chdir("/") ?? true,
  "/etc/passwd": () => Deno.readTextFileSync("/etc/passwd").length,
  "/proc/self/root": ({ folder }) => Deno.readTextFileSync(`/proc/self/root${folder}/secret`),
  "/proc/self/environ": () => Deno.readTextFileSync("/proc/self/environ").length,
  "/proc/self/maps": () => Deno.readTextFileSync("/proc/self/maps").length,
  "/proc/self/fd": () => [...Deno.readDirSync("/proc/self/fd")].length,
  "/proc/self/cmdline by node:fs": () => fs.readFileSync("/proc/self/cmdline").length,
  "the host's environment in /proc": ({ host }) => Deno.readTextFileSync(`/proc/${host}/environ`).length,
  "the host's memory in /proc": ({ host }) => Deno.openSync(`/proc/${host}/mem`)[Symbol.dispose]() ?? true,
  "the host's descriptors in /proc": ({ host }) => [...Deno.readDirSync(`/proc/${host}/fd`)].length,
  "the host's working directory in /proc": ({ host }) => [...Deno.readDirSync(`/proc/${host}/cwd`)].length,
  "/dev/fd/0": () => Deno.openSync("/dev/fd/0")[Symbol.dispose]() ?? true,
  "/dev/urandom": () => Deno.openSync("/dev/urandom")[Symbol.dispose]() ?? true,
};

/** Writing. */
export const writing: Record<string, Attempt> = {
  "Deno.writeTextFileSync": ({ folder }) => Deno.writeTextFileSync(`${folder}/new1`, "x") ?? true,
  "Deno.create": ({ folder }) => Deno.createSync(`${folder}/new2`)[Symbol.dispose]() ?? true,
  "Deno.mkdirSync": ({ folder }) => Deno.mkdirSync(`${folder}/new3`) ?? true,
  "Deno.removeSync": ({ folder }) => Deno.removeSync(`${folder}/victim`) ?? true,
  "Deno.renameSync": ({ folder }) => Deno.renameSync(`${folder}/victim2`, `${folder}/out/new4`) ?? true,
  "Deno.truncateSync": ({ folder }) => Deno.truncateSync(`${folder}/victim3`) ?? true,
  "Deno.chmodSync": ({ folder }) => Deno.chmodSync(`${folder}/victim3`, 0o777) ?? true,
  "Deno.utimeSync": ({ folder }) => Deno.utimeSync(`${folder}/victim3`, 1, 1) ?? true,
  "Deno.symlinkSync into what may be written": ({ folder }) => {
    Deno.symlinkSync(`${folder}/secret`, `${folder}/out/link`);
    return true;
  },
  "Deno.linkSync into what may be written": ({ folder }) => {
    Deno.linkSync(`${folder}/secret`, `${folder}/out/hard`);
    return true;
  },
  "Deno.makeTempFileSync": () => Deno.makeTempFileSync(),
  "Deno.makeTempDirSync": ({ folder }) => Deno.makeTempDirSync({ dir: folder }),
  "fs.writeFileSync": ({ folder }) => fs.writeFileSync(`${folder}/new6`, "x") ?? true,
  "fs.appendFileSync": ({ folder }) => fs.appendFileSync(`${folder}/victim3`, "x") ?? true,
  "fs.mkdtempSync": ({ folder }) => fs.mkdtempSync(`${folder}/new7`),
  "fs.createWriteStream": ({ folder }) => first(fs.createWriteStream(`${folder}/new8`), "open"),
  "fs.rmSync": ({ folder }) => fs.rmSync(`${folder}/victim4`) ?? true,
  "fs.cpSync": ({ folder }) => fs.cpSync(`${folder}/open/file`, `${folder}/new9`) ?? true,
  "node:sqlite, a new file": ({ folder }) => new DatabaseSync(`${folder}/new11`).exec("create table t(a)") ?? true,
  "a path with .. out of what may be written": ({ folder }) =>
    Deno.writeTextFileSync(`${folder}/out/../new12`, "x") ?? true,
  "/dev/shm": () => {
    const path = `/dev/shm/isopool-test-${Deno.pid}`;
    Deno.writeTextFileSync(path, "x");
    Deno.removeSync(path);
    return true;
  },
  "/proc/self/oom_score_adj": () => Deno.writeTextFileSync("/proc/self/oom_score_adj", "0") ?? true,
  "/dev/stdout": () => Deno.openSync("/dev/stdout", { write: true })[Symbol.dispose]() ?? true,
  "caches": async () => {
    const cache = await caches.open("isopool-test");
    await cache.put("http://a/b", new Response("x"));
    return await caches.delete("isopool-test");
  },
  "localStorage": () => {
    localStorage.setItem("isopool-test", "x");
    localStorage.removeItem("isopool-test");
    return true;
  },
  "caches in a worker of the task": () => {
    const text = `
      try {
        await (await caches.open("isopool-test")).put("http://a/b", new Response("x"));
        postMessage(await caches.delete("isopool-test"));
      } catch (error) { postMessage(undefined); }`;
    return inWorker(text);
  },
};

// A refusal comes as an event.
function watched(watcher: fs.FSWatcher): Promise<boolean> {
  return new Promise((resolve, reject) => {
    watcher.once("error", reject);
    setTimeout(() => {
      watcher.close();
      resolve(true);
    }, 500);
  });
}
