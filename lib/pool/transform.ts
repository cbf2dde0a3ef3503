/**
 * `openTransform()`: a lazy map between two streams.
 *
 * ```
 * writer -> writable | items -> imap -> results | readable -> reader
 *                 (a queue of one)          (pulled when the reader asks)
 * ```
 *
 * @module
 */
import { readableStream, transformStream } from "../core/platform.ts";
import type { Input } from "../core/input.ts";
import type { MapJob } from "./map_job.ts";

/** Opens a transform stream over a lazy map, which `imap` makes of its input. */
export function openTransform(imap: (items: Input<unknown>) => Pick<MapJob, "collector" | "stop">): TransformStream {
  let queue: TransformStreamDefaultController | undefined;
  const { readable, writable } = new (transformStream())({ start: (controller) => void (queue = controller) });
  const items = readable.getReader();
  // Without a `return()`: a map that ends early would cancel the queue before the writer can be told why.
  const next = async () => {
    const { done, value } = await items.read();
    return done ? { done, value: undefined } as const : { done, value };
  };
  const job = imap({ [Symbol.asyncIterator]: () => ({ next }) });
  const results = job.collector.iterate();
  return {
    writable,
    readable: new (readableStream())({
      async pull(controller) {
        try {
          const result = await results.next();
          if (result.done) controller.close();
          else controller.enqueue(result.value);
        } catch (error) {
          queue!.error(error);
          throw error;
        }
      },
      cancel(reason) {
        queue!.error(reason);
        // Not `results.return()`, which would wait for a read that is under way.
        job.stop(reason);
      },
    }, { highWaterMark: 0 }),
  };
}
