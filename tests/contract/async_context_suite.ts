import { AsyncLocalStorage } from "node:async_hooks";
import { assertEquals } from "@std/assert";
import { failing, flow, streams } from "../fixtures/views.ts";
import type { AnyPool, Suite } from "./backend.ts";

const USERS = ["ada", "bob", "cy"];
const user = new AsyncLocalStorage<string>();

/** Notes in which user's context it is called. */
function notes(): { seen: unknown[]; note: () => void } {
  const seen: unknown[] = [];
  return { seen, note: () => void seen.push(user.getStore()) };
}

/** Runs a request for each user, all at once, and none in the context of this test. */
function requests<R>(serve: (name: string) => R | PromiseLike<R>): Promise<R[]> {
  return Promise.all(USERS.map((name) => user.run(name, async () => await serve(name))));
}

/** In which asynchronous context (`AsyncLocalStorage`) the pool calls what a caller hands in: the caller's. */
export const asyncContextSuite: Suite = (backend, check) => {
  const each = (name: string, body: (pool: AnyPool) => Promise<void>) =>
    check(`${name} runs in the asynchronous context of the code that handed it in`, async () => {
      await using pool = backend.make({ workers: 1 });
      await user.run("the pool's first caller", () => pool.submit(flow.next, 1));
      await body(pool);
    });

  each("addDoneCallback()", async (pool) => {
    const { seen, note } = notes();
    await requests(async () => {
      const future = pool.submit(flow.next, 1);
      future.addDoneCallback(note);
      await future;
      future.addDoneCallback(note);
    });
    assertEquals(seen.toSorted(), [...USERS, ...USERS].toSorted());
  });

  each("applyAsync() callback", async (pool) => {
    const { seen, note } = notes();
    await requests((name) =>
      name === "ada"
        ? pool.applyAsync(failing.throwBuiltin, ["RangeError"], { errorCallback: note }).exception()
        : pool.applyAsync(flow.next, [1], { callback: note })
    );
    assertEquals(seen.toSorted(), USERS);
  });

  each("onEmit", async (pool) => {
    const { seen, note } = notes();
    await requests(() => pool.submit(streams.emitMany.with({ onEmit: note }), 1));
    await requests(() => pool.map(streams.emitMany.with({ onEmit: note }), [1]));
    assertEquals(seen.toSorted(), [...USERS, ...USERS].toSorted());
  });

  each("onProgress", async (pool) => {
    const { seen, note } = notes();
    await requests(() => pool.submit(streams.progressMany.with({ onProgress: note }), 2));
    assertEquals([...new Set(seen)].toSorted(), USERS);
  });

  each("A progress sink", async (pool) => {
    const { seen, note } = notes();
    await requests(() => pool.map(flow.next, [1], { progress: { update: note, end: note } }));
    assertEquals(seen.toSorted(), [...USERS, ...USERS].toSorted());
  });

  each("isRetriable", async (pool) => {
    const { seen, note } = notes();
    const retry = { maxAttempts: 2, isRetriable: () => (note(), false) };
    await requests(() => pool.submit(failing.throwBuiltin.with({ retry }), "URIError").exception());
    await requests(() => pool.map(failing.throwBuiltin, ["URIError"], { retry, onError: "settle" }));
    assertEquals(seen.toSorted(), [...USERS, ...USERS].toSorted());
  });

  each("The input of a map", async (pool) => {
    const { seen, note } = notes();
    function* sync() {
      try {
        for (let n = 0;; n++) yield (note(), n);
      } finally {
        note();
      }
    }
    async function* async() {
      for (const n of sync()) yield await Promise.resolve(n);
    }
    // Read, and left, by code in another context than the one that made the map.
    for (const input of [sync, async]) {
      for (const ordered of [true, false]) {
        const results = await requests(() => ({ reading: pool.imap(flow.next, input(), { buffer: 2, ordered }) }));
        for (const [i, { reading }] of results.entries()) {
          seen.length = 0;
          await user.run("reader", async () => {
            let count = 0;
            for await (const _ of reading) if (++count === 5) break;
          });
          assertEquals([...new Set(seen)], [USERS[i]]);
        }
      }
    }
  });

  each("A listener", async (pool) => {
    const { seen, note } = notes();
    user.run("listener", () => pool.addEventListener("taskend", note));
    await requests(() => pool.submit(flow.next, 1));
    assertEquals([...new Set(seen)], ["listener"]);
  });
};
