/**
 * A real HTTP server for files that fails in the same way in every run: the first requests for some files get a 503, half
 * a file and a broken connection, or no answer at all.
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
  /** The sha256 of each file. */
  readonly sums: readonly string[];
  /** Requests so far, good and bad. */
  readonly requests: number;
}

/** Gives the failures of the first requests for a file, in order; later requests succeed. */
export function failuresOf(id: number): ("busy" | "broken" | "silent")[] {
  // One is enough: each costs the client its whole timeout.
  if (id === 500) return ["silent"];
  if (id % 100 === 13) return ["busy", "broken"];
  if (id % 10 === 3) return ["busy"];
  if (id % 25 === 7) return ["broken"];
  return [];
}

/** Makes the content of a file: 1 to 9 KB. */
function content(id: number): Uint8Array<ArrayBuffer> {
  const block = createHash("sha256").update(`file ${id}`).digest();
  const bytes = new Uint8Array(32 * (32 + id % 256));
  for (let at = 0; at < bytes.length; at += 32) bytes.set(block, at);
  return bytes;
}

/** Starts the server. */
export async function flakyServer(count: number): Promise<FlakyServer> {
  const remaining = new Map(Array.from({ length: count }, (_, id) => [id, failuresOf(id)]));
  const sums = Array.from(remaining.keys(), (id) => createHash("sha256").update(content(id)).digest("hex"));
  let requests = 0;

  // node:http can break a connection on purpose, without a message on the console.
  const server = createServer((request, response) => {
    requests++;
    const id = Number(request.url!.slice(1));
    const bytes = content(id);
    const failure = remaining.get(id)?.shift();
    if (failure === "silent") return;
    if (failure === "busy") return response.writeHead(503).end("Too busy");
    response.writeHead(200, { "content-length": bytes.length });
    if (failure === "broken") response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
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
