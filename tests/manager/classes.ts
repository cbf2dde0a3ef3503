/**
 * Classes that the tests of managers register.
 *
 * @module
 */

class Base {
  /** Inherited from another class of the user: callable. */
  id(): string {
    return "base";
  }
}

/** A class with every kind of member: methods, and what is no method. */
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

  /** Returns after a time, while other calls run. */
  async slow(ms: number): Promise<string> {
    await new Promise((resolve) => setTimeout(resolve, ms));
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

  /** Returns another object of this class, created here. */
  sibling(): Account {
    return new Account();
  }

  /** Returns itself. */
  self(): this {
    return this;
  }

  /** Calls itself through its own proxy, and uses a private field. */
  async viaItself(proxy: { deposit(amount: number): Promise<number> }): Promise<number> {
    return await proxy.deposit(1) + this.#balance;
  }

  static create(): Account {
    return new Account();
  }
}
