/** Tasks that make a worker say everything that it can say. */
import { context } from "@isopool/isopool/worker";

/** Emits, tells its progress, and returns an object when it is told to stop. */
export async function talk(): Promise<unknown> {
  context.emit({ emitted: [1, "two"] });
  context.progress(1, 2);
  const { signal } = context;
  while (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1));
  return { told: (signal.reason as Error).name };
}

/** Fits on the board. */
export function quick(n: number): number {
  return n;
}

/** Fails with all that an error can have. */
export function fail(): never {
  const inner = Object.assign(new TypeError("inner", { cause: new SuppressedError(1, 2, "s") }), { code: "E" });
  throw new AggregateError([inner, "text"], "outer", { cause: inner });
}
