/** A worker host as a script: its options are the first argument, as JSON. It closes when its stdin ends. */
import { serveWorker } from "@isopool/isopool/cluster";

const host = await serveWorker(JSON.parse(Deno.args[0]));
console.log("ready");
await Deno.stdin.read(new Uint8Array(1));
await host.close();
