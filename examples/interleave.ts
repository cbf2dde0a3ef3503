/**
 * Python: `Thread(target=func).start()`, then main counts too: `func 0`, `main 0`, `main 1`, `func 1`, ...
 *
 * `context.emit` sends messages to main while the task runs; main goes on meanwhile.
 */
import { assert, assertEquals } from "@std/assert";
import { Pool, task } from "@isopool/isopool";
import { context } from "@isopool/isopool/worker";

const pause = () => new Promise((resolve) => setTimeout(resolve, 1));

export async function func(count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    context.emit(`func ${i}`);
    await pause();
  }
}

if (import.meta.main) {
  const lines: string[] = [];
  await using pool = await new Pool(1).ready();
  const thread = pool.submit(task(import.meta, func, { onEmit: (line) => lines.push(String(line)) }), 100);
  for (let i = 0; i < 100 || !thread.done; i++) {
    lines.push(`main ${i}`);
    await pause();
  }
  const names = lines.map((line) => line.split(" ")[0]);
  const switches = names.filter((name, i) => i > 0 && name !== names[i - 1]).length;
  console.log(lines.slice(0, 12).join(", "), "...");
  console.log(`${switches} switches in ${lines.length} lines`);
  assertEquals(lines.filter((line) => line.startsWith("func")), Array.from({ length: 100 }, (_, i) => `func ${i}`));
  assert(switches >= 2);
}
