/**
 * Installs programs that tests need from Debian's packages.
 *
 * @module
 */

/**
 * Installs packages, where that is possible: on Debian, as root. Returns why it did not; `undefined` if it did. Test files that
 * install at the same time wait for each other.
 */
export function installPackages(...names: string[]): string | undefined {
  const list = names.join(", ");
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return `${list}: not installed`;
  console.log(`installing ${list}, which tests need`);
  const lock = `${Deno.env.get("TMPDIR") ?? "/tmp"}/isopool-tests-install.lock`;
  const script = 'apt-get update; exec apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@"';
  const args = [lock, "sh", "-c", script, "sh", ...names];
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  try {
    const { success, stderr } = new Deno.Command("flock", { args, env, stdin: "null" }).outputSync();
    return success ? undefined : `${list}: apt-get cannot install: ${new TextDecoder().decode(stderr).slice(-300)}`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return `${list}: not installed`;
  }
}
