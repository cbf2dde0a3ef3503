/** The numbers of calls in a file, by which a script and its worker process see what the other has written. */
import { assertEquals } from "@std/assert";
import { CallNumbers } from "../../lib/protocol/call_numbers.ts";

function makeFile(): { path: string; open: () => Deno.FsFile } {
  const path = Deno.makeTempFileSync();
  return { path, open: () => Deno.openSync(path, { read: true, write: true }) };
}

Deno.test("each side sees the other's number and not its own, also when 32 bits have wrapped around", () => {
  const { path, open } = makeFile();
  const [host, worker] = [new CallNumbers(open(), "host"), new CallNumbers(open(), "worker")];
  assertEquals([host.hasReached(1), worker.hasReached(1)], [false, false]); // The file is empty.
  host.publish(7);
  assertEquals([worker.hasReached(7), worker.hasReached(8), host.hasReached(1)], [true, false, false]);
  worker.publish(3);
  assertEquals([host.hasReached(3), host.hasReached(4), worker.hasReached(7)], [true, false, true]);
  host.publish(2 ** 32 - 1);
  assertEquals([worker.hasReached(2 ** 32 - 1), worker.hasReached(2 ** 32)], [true, false]);
  host.publish(2 ** 32);
  assertEquals([worker.hasReached(2 ** 32), worker.hasReached(2 ** 32 + 1)], [true, false]);
  host.close();
  worker.close();
  Deno.removeSync(path);
});

Deno.test("a file that can be neither read nor written ends a look, and throws nothing", () => {
  const { path, open } = makeFile();
  const numbers = new CallNumbers(open(), "host");
  numbers.close();
  numbers.publish(1);
  assertEquals(numbers.hasReached(1), true);
  Deno.removeSync(path);
});
