/**
 * The types of proxies. `deno check` is the test; running it compares the types with real values.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { type DictProxy, type ListProxy, Manager, type Proxied } from "@isopool/isopool";
import { Account } from "./classes.ts";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;
const isTrue = <_T extends true>() => {};

class Tree {
  readonly name: string;
  constructor(name: string, readonly rows: ListProxy<number>) {
    this.name = name;
  }
  getRows(): ListProxy<number> {
    return this.rows;
  }
  async child(): Promise<Tree> {
    return await Promise.resolve(new Tree("child", this.rows));
  }
  maybe(): Tree | undefined {
    return undefined;
  }
  dates(): Map<string, Date> {
    return new Map();
  }
  plain(): { a: number } {
    return { a: 1 };
  }
  toString(): string {
    return this.name;
  }
}

Deno.test("the methods of a proxy have the parameters of the class, and return promises of its results", async () => {
  using manager = new Manager();
  const open = manager.register(Tree);
  isTrue<Same<Parameters<typeof open>, [name: string, rows: ListProxy<number>]>>();
  const tree = open("root", manager.list([1]));
  isTrue<Same<typeof tree, Proxied<Tree>>>();
  const child = await tree.child();
  isTrue<Same<typeof child, Proxied<Tree>>>();
  const maybe = await tree.maybe();
  isTrue<Same<typeof maybe, Proxied<Tree> | undefined>>();
  const dates = await tree.dates();
  isTrue<Same<typeof dates, Map<string, Date>>>();
  const rows = await child.getRows();
  isTrue<Same<typeof rows, ListProxy<number>>>();
  isTrue<Same<Awaited<ReturnType<typeof tree.plain>>, { a: number }>>();
  assertEquals([await rows.toArray(), maybe, dates, await tree.plain()], [[1], undefined, new Map(), { a: 1 }]);
  // @ts-expect-error -- a proxy has no fields
  assertEquals(tree.name, undefined);
  const account = manager.register(Account)();
  // @ts-expect-error -- methods that begin with _ are private
  assertEquals(account._hidden, undefined);
  // @ts-expect-error -- a wrong argument
  void account.deposit("1").catch(() => {});
  const dict = manager.dict({ a: 1 });
  isTrue<Same<typeof dict, DictProxy<string, number>>>();
  const mixed = manager.dict([[1, "a"]] as [number, string][]);
  isTrue<Same<typeof mixed, DictProxy<number, string>>>();
  const settings = manager.namespace<{ port: number }>({ port: 1 });
  // @ts-expect-error -- no such property
  await settings.set("prot", 1);
  assertEquals(await settings.get("port"), 1);
});
