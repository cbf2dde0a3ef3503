import type { SharedEvent } from "@isopool/isopool";

/** Writes a line into a file again and again, and never ends. */
export async function keepHouse(diary: string, firstLine: SharedEvent): Promise<void> {
  using file = await Deno.open(diary, { append: true, create: true });
  for (;;) {
    file.writeSync(new TextEncoder().encode("all is well\n"));
    firstLine.set();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Writes a file in parts: a task that must not be stopped half-way. */
export async function writeReport(report: string, begin: SharedEvent): Promise<void> {
  await begin.wait();
  using file = await Deno.open(report, { write: true, create: true });
  for (let part = 1; part <= 10; part++) {
    file.writeSync(new TextEncoder().encode(`part ${part} of 10\n`));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
