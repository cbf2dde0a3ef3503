/**
 * Containers for worker processes: an image of this Deno, `sh` and `env`, with the libraries that they need, made without a
 * registry.
 *
 * @module
 */
import { installPackages } from "../support/packages.ts";
import { onLinux } from "../support/proc.ts";

/** What must be given to `run` so that containers run: nothing, or less than the default asks of the kernel. */
const WAYS = [
  [],
  ["--ulimit", "nofile=4096:4096", "--ulimit", "nproc=1000:1000"],
  ["--runtime", "runc", "--ulimit", "nofile=4096:4096", "--ulimit", "nproc=1000:1000"],
];

/** A way to run containers, with the image. */
export class Containers {
  readonly #engine: string;
  readonly #image: string;
  readonly #flags: readonly string[];
  readonly #label: string;

  private constructor(engine: string, image: string, flags: readonly string[]) {
    this.#engine = engine;
    this.#image = image;
    this.#flags = flags;
    this.#label = `isopool-test=${Deno.pid}`;
  }

  /** Makes the image; returns why there can be no containers here. Installs podman where that is possible. */
  static open(): Containers | string {
    if (!onLinux) return "it needs Linux";
    let reason = "there is no docker, and no podman";
    for (const engine of ["docker", "podman"]) {
      if (engine === "podman" && !run("podman", "--version").success) {
        reason = installPackages("podman", "runc", "netavark") ?? reason;
      }
      const image = `isopool-test-${Deno.pid}`;
      const imported = importImage(engine, image);
      if (imported !== undefined) {
        reason = imported;
        continue;
      }
      for (const flags of WAYS) {
        const { success, text } = run(engine, "run", "--rm", "--network=none", ...flags, image, "sh", "-c", "exit 0");
        if (success) return new Containers(engine, image, flags);
        reason = text;
      }
      run(engine, "rmi", image);
    }
    return `no container runs here: ${reason}`;
  }

  /** A command that starts each worker in a container without a network, whose files can be read and not written. */
  get command(): string[] {
    // The library and the tasks, under the same paths as here. What the runtime caches goes into memory.
    const root = decodeURIComponent(new URL("../../", import.meta.url).pathname);
    return [
      ...[this.#engine, "run", "-i", "--rm", `--label=${this.#label}`, ...this.#flags],
      ...["--network=none", "--read-only", "--tmpfs=/tmp", "--env=DENO_DIR=/tmp/deno", `--volume=${root}:${root}:ro`],
      this.#image,
    ];
  }

  /** Returns the ids of the containers that are there, running or not. */
  ids(): string[] {
    return run(this.#engine, "ps", "--all", "--quiet", `--filter=label=${this.#label}`).text.split("\n").filter(
      Boolean,
    );
  }

  /** Returns the id, on this machine, of the first process of a container. */
  pidOf(id: string): number {
    return Number(run(this.#engine, "inspect", "--format={{.State.Pid}}", id).text);
  }

  [Symbol.dispose](): void {
    run(this.#engine, "rmi", "--force", this.#image);
  }
}

function run(program: string, ...args: string[]): { success: boolean; text: string } {
  try {
    const { success, stdout, stderr } = new Deno.Command(program, { args, stdin: "null" }).outputSync();
    return { success, text: new TextDecoder().decode(success ? stdout : stderr).trim() };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { success: false, text: `${program} is not installed` };
  }
}

/** Makes an image of the files that a worker needs. Returns why that failed. */
function importImage(engine: string, image: string): string | undefined {
  if (!run(engine, "info").success) return `${engine} does not answer`;
  const folder = Deno.makeTempDirSync({ prefix: "isopool-test-" });
  try {
    for (const name of ["bin", "tmp", "proc", "sys", "dev", "etc"]) {
      Deno.mkdirSync(`${folder}/image/${name}`, { recursive: true });
    }
    for (const program of [Deno.execPath(), "/bin/sh", "/usr/bin/env"]) {
      Deno.copyFileSync(program, `${folder}/image/bin/${program.slice(program.lastIndexOf("/") + 1)}`);
      for (const [library] of run("ldd", program).text.matchAll(/\/\S+\.so\S*/g)) {
        Deno.mkdirSync(`${folder}/image${library.slice(0, library.lastIndexOf("/"))}`, { recursive: true });
        Deno.copyFileSync(library, `${folder}/image${library}`);
      }
    }
    const packed = run("tar", "-C", `${folder}/image`, "-cf", `${folder}/image.tar`, ".");
    if (!packed.success) return packed.text;
    const { success, text } = run(engine, "import", `${folder}/image.tar`, image);
    return success ? undefined : text;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}
