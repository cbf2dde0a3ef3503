/** Tasks of the tests of the command line; each test copies the file into a folder of its own. */

export const same = (item: unknown): unknown => item;
export const upper = (text: string): string => text.toUpperCase();
export const kind = (item: unknown): string => typeof item;
export const thread = (): string => Deno.readLinkSync("/proc/thread-self");
export const nothing = (): void => {};
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(`<${text}>`);
export const countLines = (block: string) => ({ lines: block.split("\n").length - 1, whole: block.endsWith("\n") });
export const big = (size: string): string => "x".repeat(Number(size));

export function even(text: string): number {
  if (Number(text) % 2 === 1) throw new TypeError(`${text} is odd`);
  return Number(text);
}

/** Prints by every method that scripts use, and returns. */
export function prints(text: string): string {
  console.log("log", text);
  console.info("info");
  console.debug("debug");
  console.dir({ text });
  console.table([{ text }]);
  console.group("group");
  console.log("inside");
  console.groupEnd();
  console.count("count");
  console.time("time");
  console.timeEnd("time");
  return text;
}

export function spin(): never {
  for (;;);
}

export function* counts(to: number): Generator<number> {
  for (let n = 0; n < to; n++) yield n;
}

export const naps = (ms: string): Promise<void> => new Promise((resolve) => setTimeout(resolve, Number(ms)));

/** Spins, fails or returns, as the item says. */
export function mixed(text: string): string {
  if (text === "spin") spin();
  if (text === "fail") throw new Error("failed");
  return text;
}

/** Writes the id of its process into a file, then spins. */
export function spinsAs(name: string): never {
  Deno.writeTextFileSync(`pid-${name}`, String(Deno.pid));
  spin();
}

export function exit(code: string): never {
  Deno.exit(Number(code));
}

/** Fails at its first attempt, which a file records. */
export function failsOnce(path: string): string {
  try {
    Deno.statSync(path);
    return path;
  } catch {
    Deno.writeTextFileSync(path, "");
    throw new Error("first attempt");
  }
}

export const reads = (path: string): string => Deno.readTextFileSync(path);

/** Says in a file that it runs, and waits until there is a file "go". */
export async function waits(name: string): Promise<string> {
  await Deno.writeTextFile(`started-${name}`, "");
  for (;;) {
    try {
      await Deno.stat("go");
      return name;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** Appends the name to a file, and returns it; odd numbers fail while there is no file "repaired". */
export function logged(name: string): string {
  Deno.writeTextFileSync("ran", `${name}\n`, { append: true });
  if (Number(name) % 2 === 0 || exists("repaired")) return name;
  throw new Error(`${name} is odd`);
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
