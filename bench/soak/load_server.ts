/** The server of load.ts: answers with the path of the request. Prints its address. */

Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(`http://127.0.0.1:${port}`),
}, (request) => new Response(new URL(request.url).pathname));
