/**
 * The worker of threads.
 *
 * @module
 */
import { peer } from "../drivers/peer.mjs";
import { busy, echo, increment, nap, size } from "./tasks.mjs";

const { expose } = await peer("threads/worker");
expose({ busy, echo, increment, nap, size });
