/** Tasks that make a worker post messages of every kind. */
import { context } from "@isopool/isopool/worker";

/** Emits a value, reports progress, and returns an object when its signal fires. */
export async function talk(): Promise<unknown> {
  context.emit({ emitted: [1, "two"] });
  context.progress(1, 2);
  const { signal } = context;
  while (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 1));
  return { reason: (signal.reason as Error).name };
}

/** Returns a number, which goes through the call table. */
export function quick(n: number): number {
  return n;
}

/** Throws an error with a cause, errors, a suppressed error and a field. */
export function fail(): never {
  const inner = Object.assign(new TypeError("inner", { cause: new SuppressedError(1, 2, "s") }), { code: "E" });
  throw new AggregateError([inner, "text"], "outer", { cause: inner });
}
