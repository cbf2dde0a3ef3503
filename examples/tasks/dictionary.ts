import { context } from "@isopool/isopool/worker";

/** Looks up words in a dictionary that this worker received once. */
export function lookUp(dictionary: ReadonlyMap<string, number>, words: string): number | undefined {
  const seen = (context.state.seen ??= new Set()) as Set<unknown>;
  seen.add(dictionary);
  return dictionary.get(words);
}

/** Returns the number of dictionaries that this worker has received. */
export function copies(): number {
  return (context.state.seen as Set<unknown> | undefined)?.size ?? 0;
}
