/**
 * The worker of comlink.
 *
 * @module
 */
import { peer } from "../drivers/peer.mjs";
import * as tasks from "./tasks.mjs";

const { expose, transfer } = await peer("npm:comlink@4.4.2");
expose({ ...tasks, bounce: (bytes) => transfer(bytes, [bytes.buffer]) });
