/** Attempts on the network, on other processes' sockets, and on names. target.ts says what an attempt returns. */
import dgram from "node:dgram";
import dns from "node:dns/promises";
import http from "node:http";
import http2 from "node:http2";
import net from "node:net";
import tls from "node:tls";
import { type Attempt, first, isDenial } from "./target.ts";

const host = "127.0.0.1";

/** Connections, servers, names. */
export const network: Record<string, Attempt> = {
  "Deno.connect": async ({ port }) => (await Deno.connect({ hostname: host, port })).close() ?? true,
  "Deno.connect by name": async ({ port }) => (await Deno.connect({ hostname: "localhost", port })).close() ?? true,
  "Deno.connect to a unix socket": async ({ socket }) =>
    (await Deno.connect({ transport: "unix", path: socket })).close() ?? true,
  "Deno.listen": () => Deno.listen({ port: 0 }).close() ?? true,
  "Deno.listen on a unix socket": ({ folder }) =>
    Deno.listen({ transport: "unix", path: `${folder}/new-socket` }).close() ?? true,
  "Deno.serve": async () => {
    const server = Deno.serve({ port: 0, hostname: host, onListen() {} }, () => new Response());
    await server.shutdown();
    return true;
  },
  "Deno.resolveDns": async () => {
    // A server that refuses has been asked, too.
    const server = { ipAddr: host, port: 9 };
    try {
      await Deno.resolveDns("localhost", "A", { nameServer: server });
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
    }
    return true;
  },
  "fetch": async ({ port }) => await (await fetch(`http://${host}:${port}/`)).text(),
  "fetch by name": async ({ port }) => await (await fetch(`http://localhost:${port}/`)).text(),
  "fetch by the address as one number": async ({ port }) => await (await fetch(`http://2130706433:${port}/`)).text(),
  "fetch with another host as user": async ({ port, openPort }) =>
    await (await fetch(`http://${host}:${openPort}@${host}:${port}/`)).text(),
  "fetch that is redirected": async ({ openPort }) => await (await fetch(`http://${host}:${openPort}/`)).text(),
  "fetch through a proxy": async ({ port }) => {
    const client = Deno.createHttpClient({ proxy: { url: `http://${host}:${port}` } });
    return await (await fetch("http://example.invalid/", { client })).text();
  },
  "fetch through a unix socket": async ({ socket }) => {
    const client = Deno.createHttpClient({ proxy: { transport: "unix", path: socket } } as never);
    return await (await fetch("http://example.invalid/", { client })).text();
  },
  "WebSocket": ({ port }) => opened(new WebSocket(`ws://${host}:${port}/`)),
  "EventSource": ({ port }) => opened(new EventSource(`http://${host}:${port}/events`)),
  "net.connect": ({ port }) => first(net.connect(port, host), "connect"),
  "net.connect to a unix socket": ({ socket }) => first(net.connect(socket), "connect"),
  "net.createServer": async () => {
    const server = net.createServer();
    server.listen(0);
    await first(server, "listening");
    return server.close() && true;
  },
  "http.get": ({ port }) => first(http.get(`http://${host}:${port}/`), "response").then(() => true),
  "http2.connect": async ({ port }) => {
    const session = http2.connect(`http://${host}:${port}`);
    await first(session, "connect");
    session.destroy();
    return true;
  },
  "tls.connect": async ({ port }) => {
    // The server speaks no TLS: an answer of its is a connection all the same.
    const socket = tls.connect(port, host);
    try {
      return await first(socket, "secureConnect");
    } catch (error) {
      if (isDenial(error)) throw error;
      return String(error);
    }
  },
  "dgram.send": ({ port }) =>
    new Promise((resolve, reject) => {
      const socket = dgram.createSocket("udp4");
      socket.on("error", reject);
      socket.send("x", port, host, (error) => {
        socket.close();
        error ? reject(error) : resolve(true);
      });
    }),
  "dns.lookup": async () => (await dns.lookup("localhost")).address,
};

function opened(source: WebSocket | EventSource): Promise<boolean> {
  return new Promise((resolve, reject) => {
    source.onopen = () => {
      source.close();
      resolve(true);
    };
    source.onerror = () => {
      source.close();
      reject(new Error("refused"));
    };
  });
}
