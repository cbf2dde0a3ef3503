/**
 * Which names an inlined function may use as globals.
 *
 * The source of a function does not show whether `name` is the global or a constant of the file around it. In a worker it
 * would be the global in any case: a wrong result without an error. So globals with a name that files often
 * use for themselves are refused, and globals that a worker does not have.
 *
 * @module
 */

/** Globals of the main thread that a thread of `node:worker_threads` lacks. A scoped worker, a Web Worker, has `self`. */
const MAIN_ONLY = [
  "self",
  "Location",
  "Window",
  "Navigator",
  "Storage",
  "alert",
  "confirm",
  "prompt",
  "localStorage",
  "sessionStorage",
  "closed",
  "onload",
  "onbeforeunload",
  "onunload",
];

/** Globals whose names files often use for something of their own. The properties of all objects are globals as well. */
const HIDDEN = new Set<PropertyKey>(["name", "location", "close", ...Reflect.ownKeys(Object.prototype)]);

// Read when this module loads, before the script's own code runs: a worker does not have the globals that the script sets.
const GLOBALS = new Set<PropertyKey>(Reflect.ownKeys(globalThis));
for (
  let inherited = Object.getPrototypeOf(globalThis);
  inherited && inherited !== Object.prototype;
  inherited = Object.getPrototypeOf(inherited)
) for (const name of Reflect.ownKeys(inherited)) GLOBALS.add(name);
for (const name of [...MAIN_ONLY, ...HIDDEN]) GLOBALS.delete(name);

/** Whether a name that a function does not declare is a global of every worker. */
export function isGlobal(name: string): boolean {
  return GLOBALS.has(name);
}

/** Whether a name is refused because a variable of the file may hide the global. */
export function isHidden(name: string): boolean {
  return HIDDEN.has(name);
}
