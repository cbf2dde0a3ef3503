/**
 * A real HTTP server with files, and with bad days that are the same every time: the first requests for some files get a
 * 503, half a file and a broken connection, or no answer at all.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A server that ends with its `await using` block. */
export interface FlakyServer extends AsyncDisposable {
  /** Absolute URL of a file. */
  url(id: number): string;
  /** The sha256 of each file, as a mirror publishes them. */
  readonly sums: readonly string[];
  /** Requests so far, good and bad. */
  readonly requests: number;
}

/** What goes wrong with the first requests for a file, in this order; after that, it is served. */
export function troubles(id: number): ("busy" | "broken" | "silent")[] {
  if (id === 500) return ["silent"];
  if (id % 100 === 13) return ["busy", "broken"];
  if (id % 10 === 3) return ["busy"];
  if (id % 25 === 7) return ["broken"];
  return [];
}

/** What is in a file: 1 to 9 KB. */
function content(id: number): Uint8Array<ArrayBuffer> {
  const block = createHash("sha256").update(`file ${id}`).digest();
  const bytes = new Uint8Array(32 * (32 + id % 256));
  for (let at = 0; at < bytes.length; at += 32) bytes.set(block, at);
  return bytes;
}

/** Starts the server. */
export async function flakyServer(count: number): Promise<FlakyServer> {
  const left = new Map(Array.from({ length: count }, (_, id) => [id, troubles(id)]));
  const sums = Array.from(left.keys(), (id) => createHash("sha256").update(content(id)).digest("hex"));
  let requests = 0;

  // node:http, because it can break a connection on purpose and in silence.
  const server = createServer((request, response) => {
    requests++;
    const id = Number(request.url!.slice(1));
    const bytes = content(id);
    const trouble = left.get(id)?.shift();
    if (trouble === "silent") return;
    if (trouble === "busy") return response.writeHead(503).end("Too busy");
    response.writeHead(200, { "content-length": bytes.length });
    if (trouble === "broken") response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
    else response.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    sums,
    url: (id) => `http://127.0.0.1:${port}/${id}`,
    get requests() {
      return requests;
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
