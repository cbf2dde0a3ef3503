/**
 * The number of items that a lazy map reads ahead of its reader, counted at the input.
 */
import { assert } from "@std/assert";
import { Pool } from "@isopool/isopool";
import { test } from "../support/within.ts";
import { values } from "../fixtures/views.ts";

for (const backend of ["worker", "async"] as const) {
  for (const method of ["imap", "imapUnordered"] as const) {
    test(`${backend}: Pool.${method}() reads an asynchronous input no more than \`buffer\` items ahead`, async () => {
      let read = 0, asked = 0, furthest = 0;
      async function* input(): AsyncGenerator<number> {
        for (;;) {
          furthest = Math.max(furthest, ++read - asked);
          await Promise.resolve();
          yield read;
        }
      }
      await using pool = new Pool({ backend, workers: 2 });
      const lazy = method === "imap"
        ? pool.imap(values.double, input(), { buffer: 4 })
        : pool.imapUnordered(values.double, input(), { buffer: 4 });
      const results = lazy[Symbol.asyncIterator]();
      while (asked < 100) {
        asked++;
        await results.next();
      }
      await results.return?.();
      assert(furthest > 0 && furthest <= 4, `${furthest} ahead`);
    });
  }
}
