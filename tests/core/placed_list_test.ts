/** The list of elements that know their places, against an array. */
import { assertEquals } from "@std/assert";
import { PlacedList } from "../../lib/core/placed_list.ts";
import { random } from "../support/random.ts";

class Element {
  place = -1;
  constructor(readonly n: number) {}
}

Deno.test("adding and removing at random keeps what is in it, and the order", () => {
  const next = random(7);
  const list = new PlacedList<Element>();
  const model: Element[] = [];
  for (let n = 0; n < 20_000; n++) {
    // It grows to hundreds and shrinks to nothing several times.
    const grows = n % 4_000 < 2_000 ? 0.6 : 0.3;
    if (next() < grows || model.length === 0) {
      const element = new Element(n);
      list.add(element);
      model.push(element);
    } else {
      const [element] = model.splice(Math.floor(next() * model.length), 1);
      assertEquals([list.remove(element), list.remove(element)], [true, false]);
    }
    assertEquals(list.size, model.length);
    if (n % 97 === 0) assertEquals([...list].map(({ n }) => n), model.map(({ n }) => n));
  }
});

Deno.test("an element of another list, or of none, is not removed", () => {
  const [one, two] = [new PlacedList<Element>(), new PlacedList<Element>()];
  const [a, b] = [new Element(1), new Element(2)];
  one.add(a);
  two.add(b);
  assertEquals([one.remove(b), two.remove(a), one.remove(new Element(3))], [false, false, false]);
  assertEquals([...one, ...two], [a, b]);
});

Deno.test("an iteration goes over what was there when it began", () => {
  const list = new PlacedList<Element>();
  for (let n = 0; n < 5; n++) list.add(new Element(n));
  const seen: number[] = [];
  for (const element of list) {
    seen.push(element.n);
    list.remove(element);
    if (element.n < 3) list.add(new Element(10 + element.n));
  }
  assertEquals([seen, [...list].map(({ n }) => n)], [[0, 1, 2, 3, 4], [10, 11, 12]]);
});
