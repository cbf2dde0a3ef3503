/** Tasks that use up memory, processor time, and room for what they print. */
import { cpuUsage } from "node:process";

/** Keeps ever more buffers, and never lets the event loop turn. */
export function hoardBuffers(): never {
  for (const kept: unknown[] = [];;) kept.push(new Uint8Array(2 ** 22).fill(1));
}

/** As {@linkcode hoardBuffers}, with the memory of WebAssembly. */
export function hoardWasm(): never {
  for (const kept: unknown[] = [];;) {
    const { buffer } = new WebAssembly.Memory({ initial: 64 });
    kept.push(new Uint8Array(buffer).fill(1));
  }
}

/** As {@linkcode hoardBuffers}, with shared memory. */
export function hoardShared(): never {
  for (const kept: unknown[] = [];;) kept.push(new Uint8Array(new SharedArrayBuffer(2 ** 22)).fill(1));
}

/** Fills one buffer of 1 GiB. */
export function fillOneBuffer(): never {
  const bytes = new Uint8Array(2 ** 30);
  for (;;) bytes.fill(1);
}

/** Makes megabytes of garbage. */
export function litter(megabytes: number): number {
  for (let n = 0; n < megabytes; n++) new Uint8Array(1_000_000).fill(n);
  return megabytes;
}

/** Spins for ever. */
export function spin(): never {
  for (;;);
}

/** Spins for ever, and lets the event loop turn. */
export async function spinBetweenAwaits(): Promise<never> {
  for (;;) {
    burn(5);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/** Uses milliseconds of processor time. Returns how many. */
export function burn(ms: number): number {
  const used = () => {
    const { user, system } = cpuUsage();
    return (user + system) / 1_000;
  };
  const start = used();
  while (used() - start < ms);
  return used() - start;
}

/** Waits for some milliseconds. */
export async function sleepFor(ms: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return ms;
}

/** Spins for ever in its first run. */
export function spinOnce(file: string): string {
  if (Deno.statSync(file).size > 0) return "second";
  Deno.writeTextFileSync(file, "ran");
  return spin();
}

/** Prints a line of `letters` letters. */
export function print(letters: number): number {
  console.log("x".repeat(letters));
  return letters;
}

/** Prints lines for ever. */
export function printForever(): never {
  for (;;) console.log("y");
}

/** Prints a text without a line end to stdout and stderr; if it is empty, one letter to stderr. */
export function printWithoutEnd(text: string): number {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length === 0) return Deno.stderr.writeSync(new Uint8Array([46]));
  return Deno.stdout.writeSync(bytes) + Deno.stderr.writeSync(bytes);
}
