/**
 * Numbers and bytes over a connection of Deno's, one message at a time.
 *
 * @module
 */

const HEADER = 5;
const NUMBER = 0, BYTES = 1;

/**
 * Returns the two directions of a connection.
 * @param {Deno.Conn} connection
 */
export function frames(connection) {
  const small = new Uint8Array(HEADER + 8);
  const view = new DataView(small.buffer);

  async function writeAll(bytes) {
    for (let written = 0; written < bytes.length;) written += await connection.write(bytes.subarray(written));
  }

  async function send(message) {
    const isNumber = typeof message === "number";
    view.setUint8(0, isNumber ? NUMBER : BYTES);
    view.setUint32(1, isNumber ? 8 : message.length);
    if (isNumber) view.setFloat64(HEADER, message);
    await writeAll(small.subarray(0, isNumber ? HEADER + 8 : HEADER));
    if (!isNumber) await writeAll(message);
  }

  async function readAll(bytes) {
    for (let read = 0; read < bytes.length;) {
      const count = await connection.read(bytes.subarray(read));
      if (count === null) return false;
      read += count;
    }
    return true;
  }

  async function* messages() {
    const header = new Uint8Array(HEADER + 8);
    const fields = new DataView(header.buffer);
    // A number arrives with its header.
    for (let read = 0;;) {
      while (read < HEADER || (fields.getUint8(0) === NUMBER && read < HEADER + 8)) {
        const count = await connection.read(header.subarray(read, read < HEADER ? undefined : HEADER + 8));
        if (count === null) return;
        read += count;
      }
      const isNumber = fields.getUint8(0) === NUMBER;
      if (isNumber) {
        read = 0;
        yield fields.getFloat64(HEADER);
        continue;
      }
      const bytes = new Uint8Array(fields.getUint32(1));
      bytes.set(header.subarray(HEADER, read).subarray(0, bytes.length));
      if (!await readAll(bytes.subarray(read - HEADER))) return;
      read = 0;
      yield bytes;
    }
  }

  return { send, messages: messages() };
}
