import { context } from "@isopool/isopool/worker";

const NONCE = 12;

/** Imports the key, once in each worker. */
export async function openKey(raw: Uint8Array<ArrayBuffer>): Promise<void> {
  context.state.key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** Encrypts a file with a new nonce, which is the first part of the result. */
export async function encrypt(source: string, target: string): Promise<void> {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE));
  const plain = await Deno.readFile(source);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, context.state.key as CryptoKey, plain);
  await Deno.writeFile(target, new Blob([iv, sealed]).stream());
}

/** Decrypts a file in memory; returns the sha256 of its content. Fails if a single bit was changed. */
export async function digestOfSealed(path: string): Promise<string> {
  const bytes = await Deno.readFile(path);
  const algorithm = { name: "AES-GCM", iv: bytes.subarray(0, NONCE) };
  const plain = await crypto.subtle.decrypt(algorithm, context.state.key as CryptoKey, bytes.subarray(NONCE));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", plain)).toHex();
}
