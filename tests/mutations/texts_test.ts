import { assertEquals } from "@std/assert";
import { ALL } from "./all.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("the file of each mutation has its text once, and its test files exist", async () => {
  const wrong: string[] = [];
  for (const { file, text, tests } of ALL) {
    const parts = (await Deno.readTextFile(new URL(file, ROOT))).split(text).length;
    if (parts !== 2) wrong.push(`${file} has ${parts - 1} times ${JSON.stringify(text)}`);
    for (const test of tests) {
      if (!(await Deno.stat(new URL(test, ROOT)).then(() => true, () => false))) wrong.push(`there is no ${test}`);
    }
  }
  assertEquals(wrong, []);
});
