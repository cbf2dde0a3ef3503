/** The memory of the copies that `submit()` makes: when it is used again, and that no call sees the bytes of another one. */
import { assert, assertEquals, assertNotStrictEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { asCompleted, inline, Pool } from "../../mod.ts";
import { copyBytes, freeCopies, reuseCopies, trackWrite } from "../../lib/protocol/copy_memory.ts";

const MIB = 2 ** 20;
const filled = (byte: number, length = MIB) => new Uint8Array(length).fill(byte);

/** A copy whose bytes have left. */
function written(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const copy = copyBytes(bytes);
  trackWrite([new Uint8Array(copy.buffer)], undefined)!();
  return copy;
}

Deno.test("the memory of a copy is used again once its call has succeeded, for a copy of the same length", () => {
  const first = written(filled(1));
  assertNotStrictEquals(copyBytes(filled(2)).buffer, first.buffer, "the call has not ended");
  reuseCopies([5, "text", null, first]);
  assertNotStrictEquals(copyBytes(filled(2, MIB + 1)).buffer, first.buffer, "another length");
  const second = copyBytes(filled(2));
  assertStrictEquals(second.buffer, first.buffer);
  assertEquals(second, filled(2));
  assertNotStrictEquals(copyBytes(filled(3)).buffer, first.buffer, "it is in use");
  freeCopies();
});

Deno.test("memory is not used again while it is being written, or if no transport has written it", () => {
  const passedOn = copyBytes(filled(1));
  reuseCopies([passedOn]);
  assertNotStrictEquals(copyBytes(filled(2)).buffer, passedOn.buffer, "it may be the task's now");
  const copy = copyBytes(filled(1));
  let left = 0;
  const done = [trackWrite([copy], () => left++)!, trackWrite([copy], () => left++)!];
  done[0]();
  reuseCopies([copy]);
  assertNotStrictEquals(copyBytes(filled(2)).buffer, copy.buffer, "the other worker still gets it");
  done[1]();
  reuseCopies([copy]);
  assertStrictEquals(copyBytes(filled(2)).buffer, copy.buffer);
  assertEquals(left, 2);
  freeCopies();
});

Deno.test("64 MiB are kept at most, and nothing after the pool has ended", () => {
  const copies = Array.from({ length: 3 }, (_, i) => written(filled(i, 24 * MIB)));
  reuseCopies(copies);
  const found = [1, 2, 3].map(() => copyBytes(filled(9, 24 * MIB)).buffer);
  assert(!found.includes(copies[0].buffer), "the oldest has gone");
  assert(found.includes(copies[1].buffer) && found.includes(copies[2].buffer), "the others are kept");
  const last = written(filled(1));
  reuseCopies([last]);
  freeCopies();
  assertNotStrictEquals(copyBytes(filled(2)).buffer, last.buffer);
});

for (const backend of ["process", "worker"] as const) {
  Deno.test(`${backend}: calls with large buffers, one after another and at once, each get and keep their own bytes`, async () => {
    await using pool = new Pool({ backend, workers: 2 });
    const kept = inline((bytes: Uint8Array) => {
      const state = globalThis as { all?: Uint8Array[] };
      const all = state.all ??= [];
      all.push(bytes);
      return all.every((each) => each.every((byte) => byte === each[0])) ? bytes : undefined;
    });
    for (let i = 0; i < 6; i++) {
      const bytes = filled(i);
      const call = pool.submit(kept, bytes);
      bytes.fill(99);
      assertEquals(await call, filled(i));
    }
    const results = await Promise.all([1, 2, 3, 4, 5, 6].map((i) => pool.submit(kept, filled(i)).result()));
    assertEquals(results, [1, 2, 3, 4, 5, 6].map((i) => filled(i)));
  });
}

Deno.test("the arguments of a failed call keep their bytes", async () => {
  await using pool = new Pool({ backend: "process", workers: 1 });
  const check = inline((bytes: Uint8Array) => {
    if (bytes[0] === 1) throw new Error("one");
    return bytes.length;
  });
  const failed = pool.submit(check, filled(1));
  await assertRejects(() => failed.result(), Error, "one");
  for (let i = 2; i < 5; i++) assertEquals(await pool.submit(check, filled(i)), MIB);
  for await (const end of asCompleted([failed])) {
    assertEquals(end.status === "rejected" && end.args, [filled(1)]);
  }
});

Deno.test("the arguments of a failed call keep their bytes although another pool gets them and succeeds", async () => {
  await using pool = new Pool({ backend: "process", workers: 1 });
  await using here = new Pool({ backend: "async", workers: 1 });
  const check = inline((bytes: Uint8Array) => {
    if (bytes[0] === 1) throw new Error("one");
    return bytes.length;
  });
  const length = (bytes: Uint8Array) => bytes.length;
  const failed = pool.submit(check, filled(1));
  await assertRejects(() => failed.result(), Error, "one");
  for await (const end of asCompleted([failed])) {
    if (end.status !== "rejected") throw new Error(end.status);
    const [args] = end.args as [Uint8Array];
    assertEquals(await here.submit(length, args), MIB);
    assertEquals(await pool.submit(check, filled(2)), MIB);
    assertEquals(args, filled(1));
  }
});
