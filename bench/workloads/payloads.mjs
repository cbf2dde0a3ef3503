/**
 * The values that are sent.
 *
 * @module
 */

/** Makes a small object with two levels: about 100 bytes of JSON. */
export function small(id) {
  return { id, name: "Ada", tags: ["a", "b"], place: { x: 1.5, y: -2, seen: true } };
}

/** Makes an object with lists of objects, as an API would return it: about 1.5 KB of JSON. */
export function nested(id) {
  return { id, owner: small(id), records: records(1_600) };
}

/** Makes records of about `bytes` bytes in all. */
export function records(bytes) {
  return Array.from({ length: Math.ceil(bytes / 200) }, (_, id) => ({
    id,
    name: `item number ${id}`,
    tags: ["one", "two", "three"],
    price: { amount: id * 1.25, currency: "EUR" },
    sizes: [id, id + 1, id + 2, id + 3],
  }));
}

const MEGABYTE = new Uint8Array(1 << 20).fill(1);

/**
 * Messages of a queue, by name, and the number of them in a measurement. Each message is a new object: structured clone
 * copies an object that is in a list twice only once.
 * @type {Record<string, { make: (id: number) => unknown, count: number }>}
 */
export const MESSAGES = {
  number: { make: (id) => id, count: 20_000 },
  object: { make: (id) => ({ id, name: "abc", ok: true }), count: 20_000 },
  date_in_map: { make: (id) => new Map([["at", new Date(id)]]), count: 5_000 },
  "1MB": { make: () => MEGABYTE, count: 100 },
};
