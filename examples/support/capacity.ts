/**
 * A real HTTP server that serves a limited number of requests at a time, and refuses more.
 *
 * @module
 */

/** A server that ends with its `await using` block. */
export interface CapacityServer extends AsyncDisposable {
  readonly url: string;
}

/** Starts the server. A request takes `ms` milliseconds; while `capacity` requests are in service, others get a 503. */
export function capacityServer(capacity: number, ms: number): CapacityServer {
  let busy = 0;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
    if (busy >= capacity) return new Response("Too busy", { status: 503 });
    busy++;
    await new Promise((resolve) => setTimeout(resolve, ms));
    busy--;
    return new Response("page");
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
