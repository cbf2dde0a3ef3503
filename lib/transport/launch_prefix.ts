/**
 * The command of a worker process that is started through another program: `nice`, `bwrap`, `docker run`, `ssh`.
 *
 * ```
 * prefix ... sh -c SCRIPT   stdin, stdout     the channel: other descriptors do not go through ssh or docker
 *   exec deno run ...       fd 3, 4           the channel        fd 0   empty
 *                           fd 1, 2           stderr: what tasks print, with labels (labelled_output.ts)
 * ```
 *
 * The shell moves the channel away from stdin and stdout before the runtime starts. So nothing that a task or a program of
 * its own prints gets into it, and no program that reads stdin takes bytes of it.
 *
 * The shell is replaced by the runtime (`exec`), which then has the process id that the prefix knows. Process 1 of a
 * container is an exception: no signal of its own container ends it, so there the shell stays process 1.
 *
 * @module
 */

const SHELL_NAME = "isopool";

/** Variables by which the runtime finds its modules. The worker removes them. */
const KEPT = /^(?:DENO_DIR|JSR_URL|NPM_CONFIG_REGISTRY|DENO_TLS_CA_STORE|NO_COLOR)$/;
/** Variables that a shell sets. */
const OF_SHELL = ["PWD", "OLDPWD", "SHLVL", "_"];

/** Returns lines of a shell script that set `deno` to the path of the runtime: `$1`, or the one that is there. */
export function findRuntime(): string[] {
  return [
    `deno=$(command -v "$1" || command -v deno || PATH="$PATH:$HOME/.deno/bin" command -v deno)`,
    `[ "$deno" ] || { echo "there is no deno on the search path" >&2; exit 127; }`,
    `shift`,
  ];
}

/** Lines of a shell script that take `--config=FILE` off the arguments if the file is not there, as in a container. */
const withoutMissingConfig = [
  `for arg do`,
  `  shift`,
  `  case $arg in --config=*) [ -e "\${arg#--config=}" ] || continue ;; esac`,
  `  set -- "$@" "$arg"`,
  `done`,
];

/**
 * Returns the arguments of `sh` that start a program with the channel on descriptors 3 and 4.
 *
 * @param program The runtime's path; where there is no such file, the `deno` of the search path.
 * @param environment Arguments of `env`: what the runtime's environment is.
 * @param folder The working directory, if it is not the shell's.
 */
export function shellArguments(
  program: string,
  args: readonly string[],
  environment: string,
  folder?: string,
): string[] {
  const script = [
    ...withoutMissingConfig,
    ...findRuntime(),
    ...folder === undefined ? [] : [`cd -- "$1" || exit 126`, `shift`],
    // Not /dev/null: a sandbox may have none.
    `exec 3<&0 4>&1 >&2 <<END`,
    `END`,
    // The runtime opens those of the descriptors that this variable names for `node:fs`; the watchdog has the other one.
    `set -- ${environment} DENO_EXTRA_STDIO_FDS=4 "$deno" "$@"`,
    `[ $$ = 1 ] || exec env "$@"`,
    `env "$@"`,
    `exit $?`,
  ].join("\n");
  return ["-c", script, SHELL_NAME, program, ...folder === undefined ? [] : [folder], ...args];
}

/**
 * Returns arguments of `env` that take away what a process has inherited.
 *
 * @param inherited Names of inherited variables.
 * @param given Names that the pool's `env` sets.
 */
export function withoutInherited(inherited: readonly string[], given: readonly string[]): string {
  return [...OF_SHELL, ...inherited].filter((name) => /^\w+$/.test(name) && !KEPT.test(name) && !given.includes(name))
    .map((name) => `-u ${name}`).join(" ");
}
