/**
 * What would end a script: errors that were reported, and rejections that nobody handled.
 *
 * @module
 */
import { pause } from "./within.ts";

/** Runs `body`, and gives back what was reported meanwhile and in the turns after it, instead of ending the test. */
export async function reported(body: () => Promise<void>): Promise<unknown[]> {
  const seen: unknown[] = [];
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    seen.push(event.error);
  };
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    seen.push(event.reason);
  };
  globalThis.addEventListener("error", onError);
  globalThis.addEventListener("unhandledrejection", onRejection);
  try {
    await body();
    // Reports come in turns of their own.
    for (let turn = 0; turn < 3; turn++) await pause(1);
  } finally {
    globalThis.removeEventListener("error", onError);
    globalThis.removeEventListener("unhandledrejection", onRejection);
  }
  return seen;
}
