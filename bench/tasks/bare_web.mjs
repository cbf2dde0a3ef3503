/**
 * A plain Web Worker.
 *
 * @module
 */
import * as tasks from "./tasks.mjs";

const fn = tasks[new URL(import.meta.url).searchParams.get("task")];
self.onmessage = async ({ data }) => self.postMessage(await fn(data));
