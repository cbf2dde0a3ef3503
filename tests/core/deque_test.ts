import { assertEquals } from "@std/assert";
import { Deque } from "../../lib/core/deque.ts";
import { random } from "../support/random.ts";

Deno.test("Deque behaves as an array under random operations, 200 seeds", () => {
  for (let seed = 0; seed < 200; seed++) {
    const next = random(seed);
    const deque = new Deque<number>();
    const model: number[] = [];
    // Growing and shrinking phases, so that the ring wraps and grows in every state.
    for (let step = 0; step < 400; step++) {
      const growing = Math.floor(step / 50) % 2 === 0;
      const roll = next();
      if (roll < (growing ? 0.45 : 0.15)) {
        deque.push(step);
        model.push(step);
      } else if (roll < (growing ? 0.8 : 0.3)) {
        deque.unshift(-step);
        model.unshift(-step);
      } else if (roll < 0.995) assertEquals(deque.shift(), model.shift(), `seed ${seed}, step ${step}`);
      else {
        deque.clear();
        model.length = 0;
      }
      assertEquals([deque.size, deque.peek()], [model.length, model[0]], `seed ${seed}, step ${step}`);
    }
    assertEquals([...deque], model, `seed ${seed}`);
  }
});

Deno.test("Deque keeps `undefined` as an element", () => {
  const deque = new Deque<number | undefined>();
  deque.push(undefined);
  deque.push(1);
  assertEquals([deque.size, deque.shift(), deque.size, deque.shift(), deque.size], [2, undefined, 1, 1, 0]);
});

Deno.test("an empty Deque shifts and peeks `undefined` and iterates over nothing", () => {
  const deque = new Deque<number>();
  assertEquals([deque.shift(), deque.peek(), [...deque], deque.size], [undefined, undefined, [], 0]);
});

Deno.test("iterating a Deque yields an element that is pushed meanwhile, and none that was shifted", () => {
  const deque = new Deque<number>();
  for (let i = 0; i < 3; i++) deque.push(i);
  const seen: number[] = [];
  for (const value of deque) {
    seen.push(value);
    if (value === 0) deque.push(3);
  }
  assertEquals(seen, [0, 1, 2, 3]);
});

Deno.test("Deque passes 200,000 elements in less than 5 s, oldest first", () => {
  const deque = new Deque<number>();
  const start = performance.now();
  for (let i = 0; i < 200_000; i++) deque.push(i);
  let sum = 0;
  for (let i = 0; i < 200_000; i++) sum += deque.shift() === i ? 1 : 0;
  assertEquals(sum, 200_000);
  assertEquals(performance.now() - start < 5_000, true);
});
