/** What the command line reads of its control group, in files as the kernel writes them. */
import { assertEquals } from "@std/assert";
import { cgroupLimits } from "../../lib/cli/machine.ts";

const FILES = {
  "memory.max": "1073741824\n",
  "memory.current": "1000000000\n",
  "memory.stat": "anon 60000000\nfile 930000000\ninactive_file 900000000\nactive_file 30000000\n",
  "cpu.max": "150000 100000\n",
  "pids.max": "max\n",
};

async function limitsOf(files: Record<string, string>) {
  const root = await Deno.makeTempDir({ prefix: "isopool-test-" });
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${root}/${name}`, text);
    return cgroupLimits(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("the page cache that the kernel takes back first does not count as memory in use", async () => {
  const limits = { memory: 2 ** 30, memoryUsed: 100_000_000, cores: 1.5, processes: undefined };
  assertEquals(await limitsOf(FILES), limits);
});

Deno.test("what a control group does not limit is undefined", async () => {
  const none = { memory: undefined, memoryUsed: undefined, cores: undefined, processes: undefined };
  assertEquals(await limitsOf({}), none);
  const open = { ...FILES, "memory.max": "max\n", "cpu.max": "max 100000\n" };
  assertEquals(await limitsOf(open), { ...none, memoryUsed: 100_000_000 });
});
