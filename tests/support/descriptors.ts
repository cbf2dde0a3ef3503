/**
 * `switchToDescriptors()`: makes a worker process send its frames through a file descriptor instead of its connection, for
 * hostile tasks that write forged frames into that descriptor.
 *
 * @module
 */
import { context } from "../../workers/context.ts";

/** Makes the worker process use its descriptors. From then on the host reads what a task writes there as frames. */
export function switchToDescriptors(): void {
  // A worker process switches when it reports progress while an earlier report is not known to be sent.
  for (const done of [0, 1]) {
    context.progress(done);
    for (const end = performance.now() + 20; performance.now() < end;);
  }
}
