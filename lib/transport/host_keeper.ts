/**
 * `keepFolder()`: runs on another host, keeps the modules of a pool's tasks there, and removes them when the connection
 * ends (lib/transport/host_session.ts).
 *
 * ```
 * stdin    {"id":1,"path":"/home/me/tasks.ts","content":"..."}     a file, in base64
 * stdout   {"cores":8,"version":"2.9.6","format":15}, {"id":1}     what the host is; the file is written
 * ```
 *
 * The function is sent as its source text, because nothing of the library is there yet. So it uses nothing from outside.
 *
 * @module
 */

/**
 * Keeps a folder until stdin ends.
 *
 * @param folder Its path. It must not exist.
 */
export async function keepFolder(folder: string): Promise<void> {
  // deno-lint-ignore no-process-global
  const { serialize } = process.getBuiltinModule("node:v8");
  const { parse, stringify } = globalThis["JSON"];
  const send = (message: unknown) => {
    const bytes = new TextEncoder().encode(`${stringify(message)}\n`);
    for (let written = 0; written < bytes.length;) written += Deno.stdout.writeSync(bytes.subarray(written));
  };
  // Fails if the folder exists: another user may have made it.
  Deno.mkdirSync(folder, { mode: 0o700 });
  const remove = () => Deno.removeSync(folder, { recursive: true });
  for (const signal of ["SIGHUP", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      remove();
      Deno.exit(1);
    });
  }
  try {
    const { hardwareConcurrency } = navigator;
    send({ cores: hardwareConcurrency, version: Deno.version.deno, format: serialize(null)[1] });
    let rest = "";
    for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) {
        const { id, path, content } = parse(line);
        const file = folder + path;
        Deno.mkdirSync(file.slice(0, file.lastIndexOf("/")), { recursive: true });
        Deno.writeFileSync(file, Uint8Array.fromBase64(content));
        send({ id });
      }
    }
  } finally {
    remove();
  }
}
