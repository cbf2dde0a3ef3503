/**
 * Makes WebAssembly compile from whole bytes. A thread that ends during a streaming compilation, however it ends,
 * aborts the process.
 *
 * @module
 */

/** Replaces the streaming functions by functions that buffer. They check their input as the originals do. */
export function bufferWasm(): void {
  WebAssembly.compileStreaming = async (source) => await WebAssembly.compile(await bytesOf(source));
  WebAssembly.instantiateStreaming = async (source, imports) =>
    await WebAssembly.instantiate(await bytesOf(source), imports);
}

async function bytesOf(source: Response | PromiseLike<Response>): Promise<ArrayBuffer> {
  const response = await source;
  if (!(response instanceof Response)) throw new TypeError("Cannot compile WebAssembly: expected a Response");
  if (!response.ok) throw new TypeError(`Cannot compile WebAssembly: HTTP status ${response.status}`);
  const type = response.headers.get("content-type") ?? "";
  if (!/^application\/wasm\b/i.test(type)) {
    throw new TypeError(`Cannot compile WebAssembly: the MIME type is "${type}", not application/wasm`);
  }
  return await response.arrayBuffer();
}
