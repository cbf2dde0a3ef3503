/**
 * A small network on loopback: lists of proxies, proxies that forward requests, and addresses that look like proxies.
 *
 * ```
 * lists   ->  127.0.0.1:port, one on each line, some on several lists
 * live    ->  forwards the request, and adds a `via` header
 * silent  ->  accepts the connection, and sends nothing
 * web     ->  a web server that is no proxy
 * closed  ->  refuses connections
 * target  ->  a page that records the proxies of its requests
 * ```
 *
 * @module
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** The network, until the end of its `await using` block. */
export interface ProxyNet extends AsyncDisposable {
  /** URLs of the lists. */
  readonly lists: readonly string[];
  /** URL of a page to request through a proxy. */
  readonly page: string;
  readonly live: readonly string[];
  readonly silent: string;
  readonly web: string;
  readonly closed: readonly string[];
  /** Settles when the silent proxy gets its first request. */
  readonly stuck: Promise<void>;
  /** The proxies that forwarded a request for the page. */
  readonly via: ReadonlySet<string>;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Starts the network. */
export async function proxyNet(): Promise<ProxyNet> {
  const servers: Server[] = [];
  async function listen(handler: Handler): Promise<string> {
    const server = createServer(handler);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  const via = new Set<string>();
  const target = await listen((request, response) => {
    via.add(String(request.headers.via));
    response.end("the page");
  });
  const forward: Handler = ({ url, method, headers, socket }, response) => {
    const withVia = { ...headers, via: `127.0.0.1:${socket.localPort}` };
    const forwarded = request(url!, { method, headers: withVia }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    forwarded.on("error", () => response.writeHead(502).end());
    forwarded.end();
  };
  const live = [await listen(forward), await listen(forward), await listen(forward)];
  const { promise: stuck, resolve } = Promise.withResolvers<void>();
  const silent = await listen(() => resolve());
  const web = await listen((_, response) => response.writeHead(404).end("Not found"));
  const site = await listen(({ url }, response) => {
    response.writeHead(200, { "content-type": "text/plain" }).end(pages[Number(url!.slice(1))].join("\n") + "\n");
  });
  // Last, when all servers have their ports: no server can get the port of a closed address.
  const closed = Array.from({ length: 4 }, () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    return `127.0.0.1:${listener.addr.port}`;
  });

  const pages = [
    [closed[0], live[0], closed[1]],
    ["# fresh ones", live[1], web, live[0], silent],
    [closed[2], silent, live[2], closed[3], closed[0]],
  ];
  return {
    lists: pages.map((_, i) => `http://${site}/${i}`),
    page: `http://${target}/`,
    live,
    silent,
    web,
    closed,
    stuck,
    via,
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => {
        const closed = new Promise((resolve) => server.close(resolve));
        server.closeAllConnections();
        return closed;
      }));
    },
  };
}
