/** Tasks and a class that the calls with bad input are made of. */

export function same(value: unknown): unknown {
  return value;
}

export function* upTo(n: number): Generator<number> {
  for (let i = 0; i < n; i++) yield i;
}

/** A class for `Manager.register()`. */
export class Account {
  balance = 0;
  add(amount: number): number {
    return this.balance += amount;
  }
}
