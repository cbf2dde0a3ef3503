import { assert, assertEquals } from "@std/assert";
import { fixture, runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

const SIZE = 10_000;
/** All texts together are 240 MB or more. */
const ALLOWED_MIB = 60;

// A process of its own, which collects its garbage before each measurement: on a busy machine it is collected late.
const script = (items: number, middle: string) => `
  import { stages, tasks } from "@isopool/isopool";
  const pages = tasks<typeof import("${fixture("pages.ts")}")>("${fixture("pages.ts")}");
  const ITEMS = ${items}, samples: number[] = [];
  const numbers = function* () {
    for (let n = 0; n < ITEMS; n++) yield n;
  };
  let saved = 0;
  const load = (n: number) => String(n % 10).repeat(${SIZE});
  const save = (length: number) => {
    if (length !== ${SIZE}) throw new Error("wrong length " + length);
    if (++saved % (ITEMS / 12) !== 0) return;
    gc();
    samples.push(Deno.memoryUsage().rss / 2 ** 20);
  };
  const count = await stages(numbers()).io(load)${middle}.io(save).drain();
  console.log(JSON.stringify({ count, samples }));
`;

const variants = [
  { items: 240_000, middle: ".io((text) => text.length)", what: "three io stages" },
  { items: 24_000, middle: ".cpu(pages.measure, { workers: 1 })", what: "io, cpu, io" },
];
for (const { items, middle, what } of variants) {
  test(
    `stages(): ${
      items * SIZE / 1e6
    } MB of texts go through ${what}, and memory grows by less than ${ALLOWED_MIB} MiB after a third of them`,
    async () => {
      const permissions = ["-A", "--v8-flags=--expose-gc"];
      const { code, stdout, stderr } = await runScript(script(items, middle), { permissions, deadline: 110_000 });
      assertEquals([code, stderr], [0, ""]);
      const { count, samples } = JSON.parse(stdout);
      assertEquals([count, samples.length], [items, 12]);
      const grown = Math.max(...samples.slice(4)) - samples[3];
      assert(grown < ALLOWED_MIB, `grown by ${grown.toFixed(1)} MiB: ${samples.map(Math.round)}`);
    },
    { deadline: 120_000 },
  );
}
