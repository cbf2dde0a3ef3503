/** A task module with a package. */
import { equal } from "@std/assert";

/** Whether two values are equal. */
export function same(a: unknown, b: unknown): boolean {
  return equal(a, b);
}

/** Tries to leave something behind for the next task. */
export async function store(): Promise<string> {
  try {
    await (await caches.open("isopool-test")).put("http://a/b", new Response("x"));
    return "stored";
  } catch {
    return "refused";
  }
}
