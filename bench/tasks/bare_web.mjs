/**
 * A Web Worker without a library, for comparison: it runs the task of tasks.mjs that its URL names (`?task=NAME`) for each
 * message.
 *
 * @module
 */
import * as tasks from "./tasks.mjs";

const fn = tasks[new URL(import.meta.url).searchParams.get("task")];
self.onmessage = async ({ data }) => self.postMessage(await fn(data));
