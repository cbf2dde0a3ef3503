/**
 * Classes for the tests of managers.
 *
 * @module
 */

class Base {
  /** Inherited from a class of the user's: callable. */
  id(): string {
    return "base";
  }
}

/** Everything a class can have that is a method, or is none. */
export class Account extends Base {
  #balance = 0;
  readonly currency = "EUR";
  /** A field that holds a function. */
  readonly field = (): string => "field";

  get getter(): () => string {
    return () => "getter";
  }

  deposit(amount: number): number {
    return this.#balance += amount;
  }

  balance(): number {
    return this.#balance;
  }

  _hidden(): string {
    return "hidden";
  }

  /** As slow as asked for, beside others. */
  async slow(promise: Promise<unknown> | number): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, Number(promise)));
    return "done";
  }

  never(): Promise<void> {
    return new Promise(() => {});
  }

  refuse(): never {
    throw Object.assign(new RangeError("too much", { cause: new TypeError("beneath") }), { code: "E_LIMIT" });
  }

  uncopyable(): () => void {
    return () => {};
  }

  /** Another object of this class, made in here. */
  sibling(): Account {
    return new Account();
  }

  /** Itself. */
  self(): this {
    return this;
  }

  /** Keeps its private parts where they are. */
  async viaItself(run: { deposit(amount: number): Promise<number> }): Promise<number> {
    return await run.deposit(1) + this.#balance;
  }

  static create(): Account {
    return new Account();
  }
}
