/**
 * A real HTTP server on loopback, with good, slow and dead endpoints.
 *
 * @module
 */

/** A server that ends with its `await using` block. */
export interface LocalServer extends AsyncDisposable {
  /** Absolute URL of a path. */
  url(path: string): string;
  /** Maximum of requests that were in progress at the same time. */
  readonly maxInFlight: number;
  /** Lets the script end although the server runs. */
  unref(): void;
}

/** Starts the server: `/get?id=...` and `/slow?ms=...` answer, `/broken` fails, `/hang` never answers. */
export function localServer(): LocalServer {
  const stop = new AbortController();
  let inFlight = 0, maxInFlight = 0;
  const options = { hostname: "127.0.0.1", port: 0, signal: stop.signal, onListen() {} };
  const server = Deno.serve(options, async (request) => {
    maxInFlight = Math.max(maxInFlight, ++inFlight);
    return await answer(request).finally(() => inFlight--);
  });
  async function answer(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    switch (pathname) {
      case "/get":
        return Response.json({ id: searchParams.get("id") });
      case "/slow":
        await new Promise((resolve) => setTimeout(resolve, Number(searchParams.get("ms"))));
        return new Response("slow ".repeat(200));
      case "/hang":
        await new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
        return new Response();
      case "/broken":
        return new Response("Bad gateway", { status: 502 });
      default:
        return new Response("Not found", { status: 404 });
    }
  }
  return {
    url: (path) => `http://127.0.0.1:${server.addr.port}${path}`,
    get maxInFlight() {
      return maxInFlight;
    },
    unref: () => server.unref(),
    [Symbol.asyncDispose]() {
      stop.abort();
      return server.finished;
    },
  };
}

/** Gives a URL at which connections are refused. */
export function deadUrl(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `http://127.0.0.1:${listener.addr.port}/`;
}
