import { context } from "@isopool/isopool/worker";

/** Translates words into a number, by a dictionary that this worker was given once. */
export function lookUp(dictionary: ReadonlyMap<string, number>, words: string): number | undefined {
  const seen = (context.state.seen ??= new Set()) as Set<unknown>;
  seen.add(dictionary);
  return dictionary.get(words);
}

/** How many dictionaries this worker has been given. */
export function copies(): number {
  return (context.state.seen as Set<unknown> | undefined)?.size ?? 0;
}
