/** Permissions of worker processes. tests/security/ has the attempts to get past them. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { PermissionScopeError, Pool, tasks } from "@isopool/isopool";
import { onLinux } from "../support/proc.ts";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";
import { own } from "./kit.ts";

const packaged = tasks<typeof import("./packaged.ts")>(import.meta.resolve("./packaged.ts"));

test('a task under permissions "none" has no descriptors but its streams and its channel', async () => {
  await using pool = new Pool({ backend: "process", workers: 1, permissions: "none" });
  // Its connection is no descriptor that `node:fs` knows.
  assertEquals(await pool.submit(own.descriptors), [0, 1, 2, 4, 5]);
}, { ignore: !onLinux });

test("a scope gives what it names: one folder is read, another is not; the environment is what the pool gives", async () => {
  const folder = Deno.makeTempDirSync();
  Deno.writeTextFileSync(`${folder}/a b`, "yes");
  const options = { backend: "process", workers: 1, cwd: folder, env: { A: "1" } } as const;
  {
    await using pool = new Pool({ ...options, permissions: { read: [folder], env: true } });
    assertEquals(await pool.submit(own.surroundings), { env: { A: "1" }, cwd: Deno.realPathSync(folder) });
  }
  {
    await using pool = new Pool({ ...options, permissions: { env: ["A"], read: [`${folder}/a b`] } });
    await assertRejects(() => pool.submit(own.surroundings), Deno.errors.NotCapable);
  }
  {
    await using pool = new Pool({ backend: "process", workers: 1 });
    assertEquals(await pool.submit(own.surroundings), { env: {}, cwd: Deno.cwd() });
  }
  Deno.removeSync(folder, { recursive: true });
});

const temporary = Deno.realPathSync("/tmp");
const SCOPES: [permissions: "none" | Record<string, true | string[]>, found: string[]][] = [
  ["none", []],
  [{ read: [`${temporary}/other`], write: [`${temporary}/other`], net: ["127.0.0.1:1"] }, []],
  [{ read: true }, ["stat: NotFound", "read folder: NotFound", "ask for read"]],
  [{ read: [temporary] }, ["stat: NotFound", "read folder: NotFound", "ask for read"]],
  [{ write: [temporary] }, ["write folder", "write: NotFound", "ask for write"]],
  [{ net: true }, ["ask for net"]],
];

for (const [permissions, found] of SCOPES) {
  test(
    `a process keeps nothing of the permissions by which it has connected but what its scope has: ${
      JSON.stringify(permissions)
    }`,
    async () => {
      const before = Deno.permissions.querySync({ name: "read", path: temporary }).state;
      await using pool = new Pool({ backend: "process", workers: 1, permissions });
      assertEquals(await pool.submit(own.reachHost), { isPort: false, found });
      if (typeof permissions === "object") assertEquals(await pool.submit(own.granted, permissions), permissions);
      assertEquals(Deno.permissions.querySync({ name: "read", path: temporary }).state, before);
    },
    { ignore: !onLinux },
  );
}

test("a script that may not write, but listen on loopback, is connected by a port, of which nothing is left", async () => {
  const { stdout, stderr } = await runScript(
    `
    import { Pool, tasks } from "@isopool/isopool";
    const own = tasks(${JSON.stringify(import.meta.resolve("./tasks.ts"))});
    for (const permissions of ["none", { net: ["127.0.0.1"] }]) {
      await using pool = new Pool({ backend: "process", workers: 1, permissions });
      console.log(JSON.stringify(await pool.submit(own.reachHost)));
    }`,
    {
      permissions: [
        "--no-prompt",
        "--allow-read",
        "--allow-net",
        `--allow-run=${Deno.execPath()}`,
        "--allow-env=NODE_V8_COVERAGE",
      ],
    },
  );
  const kept = ["connect: ConnectionRefused", "listen", "ask for net"];
  assertEquals(stdout.trim().split("\n").map((line) => JSON.parse(line)), [
    { isPort: true, found: [] },
    { isPort: true, found: kept },
  ], stderr);
});

test("a script without the permission to run the runtime cannot make a pool, and the error names the flag", async () => {
  const text = `
    import { Pool } from ${JSON.stringify(import.meta.resolve("../../mod.ts"))};
    try { new Pool({ backend: "process" }); } catch (error) { console.log(error.name, error.flag); }
    try { new Pool({ backend: "process", permissions: { read: true } }); } catch (error) { console.log(error.name); }`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      "--import-map=npm.import_map.json",
      `data:text/javascript,${encodeURIComponent(text)}`,
    ],
    stdin: "null",
  }).output();
  const flags = `--allow-run=${Deno.execPath()} --allow-env=NODE_V8_COVERAGE`;
  assertEquals(new TextDecoder().decode(stdout), `PermissionScopeError ${flags}\nPermissionScopeError\n`);
});

const one = `
  import { inline, Pool } from "@isopool/isopool";
  try {
    await using pool = new Pool({ backend: "process", workers: 1, permissions: "none" });
    console.log(await pool.submit(inline((n: number) => n + 1), 41));
  } catch (error) {
    console.log(String(error));
  }`;

test("the flags that docs/permissions.md names for processes are enough, and the error names one that is left out", async () => {
  const page = Deno.readTextFileSync(new URL("../../docs/permissions.md", import.meta.url));
  const row = page.split("\n").find((line) => line.startsWith('| with `backend: "process"`'))!;
  const flags = [...row.matchAll(/`(--allow-[^`]+)`( of the path of Deno)?/g)]
    .map(([, flag, ofDeno]) => ofDeno ? `${flag}=${Deno.execPath()}` : flag);
  assertEquals(flags, [`--allow-run=${Deno.execPath()}`, "--allow-env=NODE_V8_COVERAGE"]);
  const given = ["--no-prompt", "--allow-read"];
  const { stdout, stderr } = await runScript(one, { permissions: [...given, ...flags] });
  assertEquals([stdout, stderr], ["42\n", ""]);
  for (const missing of flags) {
    const permissions = [...given, ...flags.filter((flag) => flag !== missing)];
    const { stdout } = await runScript(one, { permissions });
    assert(/^PermissionScopeError: Cannot create pool: /.test(stdout), stdout);
    assert(stdout.endsWith(`start the script with ${missing}\n`), stdout);
  }
});

test("a scope wider than the script's own is refused at construction", () => {
  using _ = revoked();
  assertThrows(
    () => new Pool({ backend: "process", permissions: { ffi: true } }),
    PermissionScopeError,
    "--allow-ffi",
  );
  return Promise.resolve();
});

// Only this script's answer is needed: revoking for real would hold for the rest of the file.
function revoked(): Disposable {
  const { querySync } = Deno.permissions;
  Deno.permissions.querySync = (what) =>
    what.name === "ffi" ? { state: "denied" } as Deno.PermissionStatus : querySync.call(Deno.permissions, what);
  return { [Symbol.dispose]: () => void (Deno.permissions.querySync = querySync) };
}

test("a search path that names nothing does not keep workers from starting, with a scope or without", async () => {
  const env = { PATH: "/nonexistent" };
  for (const permissions of ["inherit", { env: true }] as const) {
    await using pool = new Pool({ backend: "process", workers: 1, permissions, env, memoryLimit: 2 ** 28 });
    assertEquals((await pool.submit(own.variables)).PATH, "/nonexistent");
  }
});

test(
  "under a scope, packages that a task imports statically load, and the cache folder takes no data of tasks",
  async () => {
    await using pool = new Pool({ backend: "process", workers: 2, permissions: "none" });
    assertEquals(await Promise.all([pool.submit(packaged.same, 1, 1), pool.submit(packaged.same, 1, 2)]), [
      true,
      false,
    ]);
    assertEquals(await pool.submit(packaged.store), "refused");
  },
  { ignore: !onLinux },
);
