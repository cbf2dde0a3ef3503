/**
 * Attempts on the environment, programs, native code, the system, and other processes. target.ts says what an attempt
 * returns.
 */
import childProcess from "node:child_process";
import cluster from "node:cluster";
import inspector from "node:inspector";
import os from "node:os";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { type Attempt, first, isDenial } from "./target.ts";

const libc = "libc.so.6";

/** The environment; the host's has ISOPOOL_SECRET. */
export const environment: Record<string, Attempt> = {
  "Deno.env.get": () => Deno.env.get("ISOPOOL_SECRET"),
  "Deno.env.has": () => Deno.env.has("ISOPOOL_SECRET") || undefined,
  "Deno.env.toObject": () => Deno.env.toObject().ISOPOOL_SECRET,
  "Deno.env.set": () => Deno.env.set("ISOPOOL_NEW", "x") ?? true,
  "process.env": () => process.env.ISOPOOL_SECRET,
  "the names in process.env": () => Object.keys(process.env).includes("ISOPOOL_SECRET") || undefined,
  "writing process.env": () => {
    process.env.ISOPOOL_NEW = "x";
    return process.env.ISOPOOL_NEW;
  },
  "process.loadEnvFile": ({ folder }) => process.loadEnvFile(`${folder}/open/.env`) ?? true,
};

/** Programs. */
export const programs: Record<string, Attempt> = {
  "Deno.Command.outputSync": () => new Deno.Command("/bin/true").outputSync().success,
  "Deno.Command.spawn": async () => (await new Deno.Command("/bin/true").spawn().status).success,
  "execSync": () => childProcess.execSync("echo ran").length,
  "spawnSync": () => {
    const { error, status } = childProcess.spawnSync("/bin/true");
    if (error) throw error;
    return status === 0;
  },
  "spawn": () => first(childProcess.spawn("/bin/true"), "spawn"),
  "execFileSync of the runtime": () => childProcess.execFileSync(Deno.execPath(), ["--version"]).length,
  "fork": ({ folder }) => first(childProcess.fork(`${folder}/module.js`), "spawn"),
  "cluster.fork": () => {
    const worker = cluster.fork();
    worker.kill();
    return worker.process.pid;
  },
};

/** Native code. */
export const native: Record<string, Attempt> = {
  "Deno.dlopen": () => Deno.dlopen(libc, {}).close() ?? true,
  "Deno.UnsafePointer": () => Deno.UnsafePointer.of(new Uint8Array(8)),
  "process.dlopen": () => {
    try {
      process.dlopen({ exports: {} }, libc);
    } catch (error) {
      // Loaded, and no module of Node's.
      if (isDenial(error)) throw error;
    }
    return true;
  },
  "an extension of sqlite": () => {
    const base = new DatabaseSync(":memory:", { allowExtension: true });
    try {
      base.loadExtension(libc);
    } catch (error) {
      if (isDenial(error)) throw error;
    }
    return true;
  },
  "navigator.gpu": async () => {
    const { gpu } = navigator as unknown as { gpu?: { requestAdapter(): Promise<unknown> } };
    return await gpu?.requestAdapter() ? true : undefined;
  },
};

/** Information about the system. */
export const system: Record<string, Attempt> = {
  "Deno.hostname": () => Deno.hostname(),
  "Deno.osRelease": () => Deno.osRelease(),
  "Deno.osUptime": () => Deno.osUptime(),
  "Deno.loadavg": () => Deno.loadavg(),
  "Deno.networkInterfaces": () => Deno.networkInterfaces().length,
  "Deno.systemMemoryInfo": () => Deno.systemMemoryInfo().total,
  "Deno.uid": () => String(Deno.uid()),
  "Deno.umask": () => String(Deno.umask(0o22)),
  "os.hostname": () => os.hostname(),
  "os.userInfo": () => os.userInfo().username,
  "os.homedir": () => os.homedir(),
  "os.cpus": () => os.cpus().length,
  "os.setPriority": () => os.setPriority(0) ?? true,
  "process.getuid": () => String(process.getuid?.()),
};

/** Other processes. SIGCONT does nothing to a process that runs. */
export const processes: Record<string, Attempt> = {
  "Deno.kill of the host": ({ host }) => Deno.kill(host, "SIGCONT") ?? true,
  "Deno.kill of the host's group": ({ group }) => Deno.kill(-group, "SIGCONT") ?? true,
  "Deno.kill of all processes": () => Deno.kill(-1, "SIGCONT") ?? true,
  "process.kill of the host": ({ host }) => process.kill(host, "SIGCONT"),
  "process.kill(host, 0)": ({ host }) => process.kill(host, 0),
  "the inspector": () => inspector.open(0, "127.0.0.1") ?? inspector.url(),
  "a session of the inspector": () => {
    new inspector.Session().connect();
    return true;
  },
};
