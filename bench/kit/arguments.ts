/**
 * Reads the arguments of benchmarks and soak tests. A misspelt argument ends the script, which would otherwise run something
 * else than it was asked to, or nothing.
 *
 * @module
 */

/** Ends the script with exit code 2, because an argument is wrong. */
export function refuse(message: string): never {
  console.error(message);
  Deno.exit(2);
}

/** For `parseArgs`: refuses options that do not exist. */
export function unknown(arg: string, key?: string): boolean {
  return key === undefined || refuse(`No such option: ${arg}`);
}

/** Reads an integer of at least `min`. */
export function integerOf(name: string, given: string | undefined, byDefault: number, min = 1): number {
  const value = given === undefined ? byDefault : Number(given);
  if (Number.isInteger(value) && value >= min) return value;
  return refuse(`${name} is ${given}: it takes an integer of at least ${min}`);
}
