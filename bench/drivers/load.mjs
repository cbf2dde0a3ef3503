/**
 * A module that is loaded into a process which has only this driver: the variant names it. Runs under Deno and Node.
 *
 * @module
 */
import { serve } from "./driver.mjs";
import { peer } from "./peer.mjs";

await serve((module) => ({ load: () => peer(module) }));
