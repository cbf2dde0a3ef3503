/**
 * Python: two `pool.apply_async(task, args=(a, b), callback=done)` with two tasks and two callbacks in one
 * `with Pool(4)` block; `callback=lambda result: handle(result, "after A", True)` for arguments of the callback's own;
 * `kwargs={"name": "Mary", "age": 22}`.
 *
 * The caller goes on at once. A closure carries the other arguments of a callback; keyword arguments are an options
 * object. Leaving the block waits for the tasks and their callbacks; Python's `with Pool` terminates running tasks.
 */
import { assert, assertEquals } from "@std/assert";
import { Pool, task } from "@isopool/isopool";

export function measure(text: string, minLength: number): [words: number, long: number, longest: string] {
  if (text.trim() === "") throw new RangeError("Cannot measure text: it is empty");
  const words = text.trim().split(/\s+/);
  const long = words.filter((word) => word.length >= minLength);
  return [words.length, long.length, long.reduce((a, b) => b.length > a.length ? b : a, "")];
}

export function greet(greeting: string, { name, age = 18 }: { name: string; age?: number }): string {
  return `${greeting}, ${name}, ${age}`;
}

if (import.meta.main) {
  const [measuring, greeting] = [task(import.meta, measure), task(import.meta, greet)];
  const lines: string[] = [];
  const print = (line: string) => {
    console.log(line);
    lines.push(line);
  };

  const handle = (result: [number, number, string], label: string, loud: boolean) => {
    const [words, long, longest] = result; // a, b, c = templist
    print(`${label}: ${words} words, ${long} long ones, ${loud ? longest.toUpperCase() : longest}`);
  };

  {
    await using pool = new Pool(4);
    pool.applyAsync(measuring, ["the person who finishes window A goes on to window B", 6], {
      callback: (result) => handle(result, "after A", true),
    });
    pool.applyAsync(greeting, ["Hello", { name: "Mary", age: 22 }], { callback: print });
    pool.applyAsync(greeting, ["Hello", { name: "Tom" }], { callback: print });
    // Exactly one of the two callbacks runs. A failure that goes to an `errorCallback` is not reported as unhandled.
    pool.applyAsync(measuring, ["", 6], {
      callback: () => print("never"),
      errorCallback: (error) => print(`failed: ${error}`),
    });
    print("submitted, the program goes on");
  }
  print("block ended");

  assertEquals(lines[0], "submitted, the program goes on");
  assertEquals(lines.at(-1), "block ended");
  assertEquals(lines.length, 6);
  for (
    const line of [
      "after A: 11 words, 4 long ones, FINISHES",
      "Hello, Mary, 22",
      "Hello, Tom, 18",
      "failed: RangeError: Cannot measure text: it is empty",
    ]
  ) assert(lines.includes(line), line);
}
