/**
 * The worker of comlink.
 *
 * @module
 */
import { peer } from "../drivers/peer.mjs";
import * as tasks from "./tasks.mjs";

const { expose } = await peer("npm:comlink@4.4.2");
expose({ ...tasks });
