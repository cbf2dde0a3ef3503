/**
 * Python: `ProcessPoolExecutor(initializer=open_key, initargs=(key,))` for encryption: "every id is a file".
 *
 * Each worker imports the key once, then encrypts files, then decrypts them again; only paths and digests are sent. A file
 * that was changed in between cannot be decrypted.
 */
import { createHash, randomBytes } from "node:crypto";
import { assert, assertEquals } from "@std/assert";
import { Pool, tasks } from "@isopool/isopool";
import { TempFolder } from "./support/temp.ts";

const aes = tasks<typeof import("./tasks/aes.ts")>(import.meta.resolve("./tasks/aes.ts"));

using folder = new TempFolder();
const plain = Array.from({ length: 16 }, (_, i) => folder.file(`${i}.bin`));
const sealed = plain.map((path) => `${path}.aes`);
const digests = plain.map((path, i) => {
  const bytes = randomBytes(2 ** 18 + i);
  Deno.writeFileSync(path, bytes);
  return createHash("sha256").update(bytes).digest("hex");
});

const key = crypto.getRandomValues(new Uint8Array(32));
await using pool = new Pool({ initializer: aes.openKey, initArgs: [key] });

await pool.starmap(aes.encrypt, plain.map((path, i): [string, string] => [path, sealed[i]]));
sealed.forEach((path, i) => {
  // A nonce, the ciphertext, and an authentication tag of 16 bytes.
  const bytes = Deno.readFileSync(path);
  assertEquals(bytes.length, 12 + 2 ** 18 + i + 16);
  assert(createHash("sha256").update(bytes.subarray(12, -16)).digest("hex") !== digests[i]);
});

assertEquals(await pool.map(aes.digestOfSealed, sealed), digests);
console.log(`${plain.length} files encrypted and decrypted, digests agree`);

const bytes = Deno.readFileSync(sealed[0]);
bytes[1_000] ^= 1;
Deno.writeFileSync(sealed[0], bytes);
const error = await pool.submit(aes.digestOfSealed, sealed[0]).exception() as Error;
console.log(`one bit changed: ${error.name}`);
assertEquals(error.name, "OperationError");
