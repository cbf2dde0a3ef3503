/**
 * Loads the module that the variant names, into a process which has loaded only this driver. Runs under Deno and Node.
 *
 * @module
 */
import { serve } from "./driver.mjs";
import { peer } from "./peer.mjs";

await serve((module) => ({ load: () => peer(module) }));
