/** The file in memory of a script and its worker process. */
import { assert, assertEquals } from "@std/assert";
import { MemoryFile } from "../../lib/protocol/memory_file.ts";

/** Both sides of a file, each with its own descriptor. */
function sides(): { host: MemoryFile; worker: MemoryFile } & Disposable {
  const path = Deno.makeTempFileSync();
  const open = () => Deno.openSync(path, { read: true, write: true });
  const [host, worker] = [new MemoryFile(open(), "host"), new MemoryFile(open(), "worker")];
  host.allocate();
  Deno.removeSync(path);
  return {
    host,
    worker,
    [Symbol.dispose]() {
      host.close();
      worker.close();
    },
  };
}

function received(side: MemoryFile): Uint8Array | undefined {
  let message: Uint8Array | undefined;
  side.receive((bytes) => message = bytes.slice());
  return message;
}

const bytesOf = (...bytes: number[]): Uint8Array => new Uint8Array(bytes);

Deno.test("a message is for a side that polls for it, after that call and no other, and each message is received once", () => {
  using file = sides();
  const { host, worker } = file;
  assertEquals(host.awaits(7), false); // The worker has no state yet.
  worker.pollsAfter(7);
  worker.publish();
  assertEquals([host.awaits(6), host.awaits(7), host.awaits(8)], [false, true, false]);
  assertEquals(host.offer([bytesOf(1), bytesOf(2, 3)], 7), "given");
  // One that was not received is not replaced.
  assertEquals(host.awaits(7), false);
  assertEquals([received(worker), received(worker)], [bytesOf(1, 2, 3), undefined]);
  worker.publish();
  assert(host.refresh());
  assertEquals(host.awaits(7), true);
  assertEquals(host.offer([new Uint8Array(2 ** 14 + 1)], 7), "refused");
});

Deno.test("a message for a side that has just stopped polling is unseen until it checks once more", () => {
  using file = sides();
  const { host, worker } = file;
  worker.pollsAfter(1);
  worker.publish();
  assert(host.awaits(1));
  worker.pollsAfter(undefined);
  worker.publish();
  assertEquals(host.offer([bytesOf(9)], 1), "unseen");
  assertEquals(received(worker), bytesOf(9));
});

Deno.test("a message overtakes nothing in the connection but what it may, also when 32 bits have wrapped around", () => {
  using file = sides();
  const { host, worker } = file;
  host.addWritten(2 ** 32 - 2);
  worker.addRead(2 ** 32 - 2);
  worker.pollsAfter(1);
  worker.publish();
  assertEquals(host.awaits(1), true);
  const ordered = host.written;
  host.addWritten(5);
  assertEquals([host.awaits(1), host.awaits(1, ordered)], [false, true]);
  host.publish();
  assert(worker.refresh());
  assertEquals(worker.hasUnread, true);
  worker.addRead(5);
  worker.publish();
  assertEquals([worker.hasUnread, host.awaits(1)], [false, true]);
});

Deno.test("a state that is being written is not read: the one before stays", () => {
  const path = Deno.makeTempFileSync();
  const open = () => Deno.openSync(path, { read: true, write: true });
  using other = open();
  const [host, worker] = [new MemoryFile(open(), "host"), new MemoryFile(open(), "worker")];
  worker.pollsAfter(3);
  worker.publish();
  assertEquals(host.awaits(3), true);
  const whole = new Uint8Array(128);
  other.readSync(whole);
  for (let at = 64; at < 128; at++) {
    const torn = whole.slice();
    torn[at] ^= 1;
    other.seekSync(0, Deno.SeekMode.Start);
    other.writeSync(torn);
    assertEquals(host.refresh(), false, `byte ${at}`);
  }
  host.close();
  worker.close();
  Deno.removeSync(path);
});
