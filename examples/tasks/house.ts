import type { SharedEvent } from "@isopool/isopool";

/** Looks after the house for ever: writes a line, and again, and again. */
export async function keepHouse(diary: string, firstLine: SharedEvent): Promise<void> {
  using file = await Deno.open(diary, { append: true, create: true });
  for (;;) {
    file.writeSync(new TextEncoder().encode("all is well\n"));
    firstLine.set();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Work that must not be lost: a file, written in parts. */
export async function writeReport(report: string, begin: SharedEvent): Promise<void> {
  await begin.wait();
  using file = await Deno.open(report, { write: true, create: true });
  for (let part = 1; part <= 10; part++) {
    file.writeSync(new TextEncoder().encode(`part ${part} of 10\n`));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
