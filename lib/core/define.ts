/**
 * `define()`: defines a property, whatever the program has added to `Object.prototype`. A descriptor literal inherits
 * from it: with `Object.prototype.get` set, `Object.defineProperty(object, key, { value })` throws, because the
 * descriptor then has both a value and a getter.
 *
 * @module
 */

/** A descriptor without a prototype. */
type Descriptor = PropertyDescriptor & { __proto__: null };

/** Defines a property that can be written and deleted. */
export function define(object: object, key: PropertyKey, value: unknown, enumerable: boolean): void {
  const descriptor: Descriptor = { __proto__: null, value, enumerable, writable: true, configurable: true };
  Object.defineProperty(object, key, descriptor);
}

/** Makes the descriptor of a getter. */
export function getter<T>(get: (this: T) => unknown, enumerable = true): PropertyDescriptor {
  const descriptor: Descriptor = { __proto__: null, enumerable, get };
  return descriptor;
}

/** Makes the descriptor of a property that is read and set by functions, and is not enumerable. */
export function accessor<T>(get: () => T, set: (value: T) => void): PropertyDescriptor {
  const descriptor: Descriptor = { __proto__: null, enumerable: false, get, set };
  return descriptor;
}
