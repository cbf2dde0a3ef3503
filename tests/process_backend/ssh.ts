/**
 * SSH servers on loopback addresses, which stand in for remote hosts. Each test has keys of its own.
 *
 * @module
 */
import { installPackages } from "../support/packages.ts";
import { onLinux } from "../support/proc.ts";
import { until } from "../support/within.ts";
import { descendantsOf, lives } from "./kit.ts";

const SERVER = "/usr/sbin/sshd";

/** Why there can be no hosts here; `false` if there can. Installs the server where that is possible. */
export function noHosts(): string | false {
  if (!onLinux) return "it needs Linux";
  if (isThere(SERVER)) return false;
  return installPackages("openssh-server") ?? false;
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function run(program: string, ...args: string[]): void {
  const { success, stderr } = new Deno.Command(program, { args, stdin: "null" }).outputSync();
  if (!success) throw new Error(`${program}: ${new TextDecoder().decode(stderr)}`);
}

/** A server that stands in for a host. */
export class SshHost {
  readonly name: string;
  readonly #address: string;
  readonly #port: number;
  readonly #config: string;
  #server: Deno.ChildProcess | undefined;

  constructor(name: string, folder: string, address: string, searchPath: string) {
    this.name = name;
    this.#address = address;
    const listener = Deno.listen({ hostname: address, port: 0 });
    this.#port = listener.addr.port;
    listener.close();
    this.#config = `${folder}/${name}.conf`;
    Deno.writeTextFileSync(
      this.#config,
      [
        `ListenAddress ${address}:${this.#port}`,
        `HostKey ${folder}/host_key`,
        `AuthorizedKeysFile ${folder}/key.pub`,
        "PidFile none",
        "StrictModes no",
        "PermitRootLogin yes",
        "PasswordAuthentication no",
        "MaxStartups 100",
        // A shell within a shell reads no ~/.bashrc, which may be slow, and may leave its own locks when it is killed.
        `SetEnv PATH=${searchPath} SHLVL=1`,
        "",
      ].join("\n"),
    );
  }

  /** Lines of ssh's configuration. */
  get clientConfig(): string {
    return `Host ${this.name}\n  HostName ${this.#address}\n  Port ${this.#port}\n`;
  }

  /** Starts it. */
  async start(): Promise<void> {
    const args = ["-D", "-e", "-f", this.#config];
    this.#server = new Deno.Command(SERVER, { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
    await until(async () => {
      try {
        (await Deno.connect({ hostname: this.#address, port: this.#port })).close();
        return true;
      } catch {
        return false;
      }
    }, `${this.name} listens`);
  }

  /** The processes that run on it. */
  get processes(): number[] {
    return this.#server ? descendantsOf(this.#server.pid) : [];
  }

  /** Ends it and all that runs on it at once. */
  async kill(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const all = [server.pid, ...descendantsOf(server.pid)];
    for (const pid of all) {
      try {
        Deno.kill(pid, "SIGKILL");
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    await server.status;
    await until(() => !all.some(lives), `${this.name} is down`);
  }
}

/** Servers with names, and the arguments of ssh to reach them. */
export class SshHosts implements AsyncDisposable {
  readonly ssh: string[];
  readonly #folder = Deno.makeTempDirSync({ prefix: "ssh-" });
  readonly #hosts = new Map<string, SshHost>();
  readonly #foldersBefore = moduleFolders();

  /** @param searchPaths Where each host finds programs, by its name. */
  constructor(searchPaths: Record<string, string>) {
    const folder = this.#folder;
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", `${folder}/host_key`);
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", `${folder}/key`);
    if (Deno.uid() === 0) Deno.mkdirSync("/run/sshd", { recursive: true });
    Object.entries(searchPaths).forEach(([name, path], i) =>
      this.#hosts.set(name, new SshHost(name, folder, `127.0.0.${i + 2}`, path))
    );
    const config = `${folder}/client.conf`;
    const common = `Host *\n  IdentityFile ${folder}/key\n  IdentitiesOnly yes\n  StrictHostKeyChecking no\n` +
      `  UserKnownHostsFile ${folder}/known_hosts\n  LogLevel ERROR\n`;
    Deno.writeTextFileSync(config, [...this.#hosts.values()].map((host) => host.clientConfig).join("") + common);
    this.ssh = ["-F", config];
  }

  /** Returns a host. */
  get(name: string): SshHost {
    return this.#hosts.get(name)!;
  }

  /** Starts all. */
  async start(): Promise<this> {
    await Promise.all([...this.#hosts.values()].map((host) => host.start()));
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#hosts.values()].map((host) => host.kill()));
    Deno.removeSync(this.#folder, { recursive: true });
    // A host that was killed has removed nothing. No other test file has pools with hosts.
    for (const name of moduleFolders()) {
      if (!this.#foldersBefore.includes(name)) removeIfThere(`/tmp/${name}`);
    }
  }
}

/** A search path by which this runtime is found. */
export const WITH_DENO: string = `${Deno.execPath().replace(/\/[^/]*$/, "")}:/usr/local/bin:/usr/bin:/bin`;

/** Other tests have folders with other names behind the same prefix. */
const MODULE_FOLDER = /^isopool-[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** The folders of modules that pools have on hosts, which are all this machine. */
export function moduleFolders(): string[] {
  return [...Deno.readDirSync("/tmp")].map(({ name }) => name).filter((name) => MODULE_FOLDER.test(name));
}

// A pool of another test may remove its folder at the same moment.
function removeIfThere(folder: string): void {
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
