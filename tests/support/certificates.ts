/**
 * Certificates of the tests' own, made by openssl: an authority, a server and a client that it has signed, and another
 * authority.
 *
 * @module
 */

/** Why there are none here; `undefined` if they can be made. */
export const noCertificates: string | undefined = await new Deno.Command("openssl", { args: ["version"] }).output()
  .then(({ success }) => success ? undefined : "openssl does not work", () => "openssl is not installed");

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** Makes `ca.crt`, `other.crt`, and `server` and `client` `.crt` and `.key`, valid for two days, in a folder. */
export async function makeCertificates(folder: string): Promise<void> {
  const run = async (...args: string[]) => {
    const { success, stderr } = await new Deno.Command("openssl", {
      args,
      cwd: folder,
      stdout: "null",
      stderr: "piped",
    })
      .output();
    if (!success) throw new Error(`openssl ${args[0]}: ${new TextDecoder().decode(stderr)}`);
  };
  for (const name of ["ca", "other"]) {
    await run(
      "req",
      "-x509",
      ...KEY,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.crt`,
      "-days",
      "2",
      "-subj",
      `/CN=${name}`,
    );
  }
  await Deno.writeTextFile(`${folder}/names`, "subjectAltName=DNS:localhost,IP:127.0.0.1");
  for (const name of ["server", "client"]) {
    await run("req", ...KEY, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    await run(
      ...["x509", "-req", "-in", `${name}.csr`, "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"],
      ...["-out", `${name}.crt`, "-days", "2", "-extfile", "names"],
    );
  }
}
