/**
 * Python: `for number, prime in zip(PRIMES, executor.map(is_prime, PRIMES))` on a `ProcessPoolExecutor()`, from the
 * documentation of `concurrent.futures`.
 *
 * The pool has as many workers as the machine has cores. The loop gets the results in the order of the numbers, each as
 * soon as it is ready.
 */
import { assertEquals } from "@std/assert";
import { Pool, tasks } from "@isopool/isopool";

const { isPrime } = tasks<typeof import("./tasks/primes.ts")>(import.meta.resolve("./tasks/primes.ts"));

const PRIMES = [
  112272535095293,
  112582705942171,
  112272535095293,
  115280095190773,
  115797848077099,
  1099726899285419,
];

await using pool = new Pool();
const found: boolean[] = [];
for await (const prime of pool.map(isPrime, PRIMES)) {
  console.log(`${PRIMES[found.length]} is prime: ${prime}`);
  found.push(prime);
}
assertEquals(found, [true, true, true, true, true, false]);
