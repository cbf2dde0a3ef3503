/**
 * A worker host as a script: its options are the first argument, as JSON. It closes when its stdin ends. The environment
 * variable ISOPOOL_TEST_REVOKE names a permission that it gives back after its start.
 */
import { serveWorker } from "@isopool/isopool/cluster";

const host = await serveWorker(JSON.parse(Deno.args[0]));
const revoked = Deno.permissions.querySync({ name: "env", variable: "ISOPOOL_TEST_REVOKE" }).state === "granted" &&
  Deno.env.get("ISOPOOL_TEST_REVOKE");
if (revoked) Deno.permissions.revokeSync({ name: revoked as "import" });
console.log("ready");
await Deno.stdin.read(new Uint8Array(1));
await host.close();
