import { assert, assertEquals, assertThrows } from "@std/assert";
import { BrokenPoolError, inline, PermissionScopeError, Pool } from "@isopool/isopool";
import { checkPermissions } from "../../lib/pool/permissions.ts";
import { expectError } from "../support/expect.ts";
import { runScript } from "../support/script.ts";
import { test } from "../support/within.ts";

const ROOT = new URL("../../", import.meta.url).pathname;

const NOTHING = {
  read: false,
  write: false,
  net: false,
  env: false,
  run: false,
  ffi: false,
  sys: false,
  import: false,
};

Deno.test("the permissions of a worker name every kind: a missing kind, false or an empty list grants nothing", () => {
  assertEquals(checkPermissions("create pool", undefined), undefined);
  assertEquals(checkPermissions("create pool", "inherit"), undefined);
  assertEquals(checkPermissions("create pool", "none"), NOTHING);
  assertEquals(checkPermissions("create pool", {}), NOTHING);
  assertEquals(checkPermissions("create pool", { read: false, env: [], net: undefined }), NOTHING);
  assertEquals(checkPermissions("create pool", { net: true, sys: "inherit" }), {
    ...NOTHING,
    net: true,
    sys: "inherit",
  });
});

Deno.test("relative paths and file: URLs are resolved, names of programs are kept", () => {
  const here = Deno.cwd();
  const given = {
    read: ["data", "./a/../b", new URL("file:///tmp/a%20b"), "file:///etc/hosts", "/x"],
    run: ["git", "./tool", "/usr/bin/env", new URL("file:///bin/sh")],
    ffi: ["lib.so"],
    net: ["example.com", "localhost:80", "[::1]:443", "10.0.0.1"],
    env: ["HOME"],
    sys: ["hostname"],
  };
  assertEquals(checkPermissions("create pool", given), {
    ...NOTHING,
    read: [`${here}/data`, `${here}/b`, "/tmp/a b", "/etc/hosts", "/x"],
    run: ["git", `${here}/tool`, "/usr/bin/env", "/bin/sh"],
    ffi: [`${here}/lib.so`],
    net: given.net,
    env: ["HOME"],
    sys: ["hostname"],
  });
});

const WRONG: [unknown, string][] = [
  ["all", "`permissions` is"],
  [true, "`permissions` is"],
  [["read"], "`permissions` is"],
  [{ reed: true }, "unknown option `reed`"],
  [{ read: "data" }, "`permissions.read` is"],
  [{ read: 1 }, "`permissions.read` is"],
  [{ read: [""] }, "`permissions.read` is"],
  [{ read: [5] }, "`permissions.read` is"],
  [{ read: [new URL("https://example.com/")] }, "`permissions.read` is"],
  [{ net: ["http://example.com"] }, "`permissions.net` is"],
  [{ net: ["exa mple"] }, "`permissions.net` is"],
  [{ net: ["example.com:99999"] }, "`permissions.net` is"],
  [{ net: [new URL("https://example.com/")] }, "`permissions.net` is"],
  [{ env: [""] }, "`permissions.env` is"],
  [{ net: ["*.example.com"] }, "`permissions.net` is"],
  [{ import: ["https://example.com/"] }, "`permissions.import` is"],
];
for (const [given, part] of WRONG) {
  Deno.test(`permissions: ${Deno.inspect(given)} is a TypeError that names the option`, () => {
    const error = assertThrows(() => checkPermissions("create pool", given), TypeError);
    assert(error.message.includes(part), error.message);
  });
}

Deno.test("permissions on backend async are refused", () => {
  assertThrows(() => new Pool({ backend: "async", permissions: "none" }), TypeError, "`permissions`");
});

test('"inherit" is the plain thread engine', async () => {
  await using pool = new Pool({ permissions: "inherit", workers: 1 });
  assertEquals([pool.capabilities.engine, pool.capabilities.permissions], ["thread", false]);
});

test('one kind may be "inherit" beside others that are denied', async () => {
  await using pool = new Pool({ permissions: { sys: "inherit" }, workers: 1 });
  const host = inline(() => Deno.hostname());
  const user = inline(() => Deno.env.get("HOME"));
  assertEquals(await pool.submit(host), Deno.hostname());
  assert(await pool.submit(user).exception() instanceof Deno.errors.NotCapable);
});

Deno.test("PermissionScopeError has a name and the flag", () => {
  const error = new PermissionScopeError("x", { flag: "--allow-net" });
  assertEquals([error.name, error.flag], ["PermissionScopeError", "--allow-net"]);
});

/** What a scoped pool needs beside its scope: the runtime reads NODE_V8_COVERAGE for each worker. */
const LEAST = ["--allow-env=NODE_V8_COVERAGE", "--unstable-worker-options"];

/** Scopes that are wider than their parent's, the flags of the parent, and the flag that the error must name. */
const WIDER: [string, string[], string][] = [
  [`{ read: ["/data"] }`, [], "--allow-read=/data"],
  [`{ read: true }`, ["--allow-read=/data"], "--allow-read"],
  [`{ read: ["/database"] }`, ["--allow-read=/data"], "--allow-read=/database"],
  [`{ write: ["/data/x"] }`, ["--allow-read=/data"], "--allow-write=/data/x"],
  [`{ net: ["example.com"] }`, ["--allow-net=example.com:443"], "--allow-net=example.com"],
  [`{ net: ["example.com:80"] }`, ["--allow-net=example.com:443"], "--allow-net=example.com:80"],
  [`{ env: ["HOME"] }`, [], "--allow-env=HOME"],
  [`{ env: true }`, [], "--allow-env"],
  [`{ run: ["git"] }`, ["--allow-run=ls"], "--allow-run=git"],
  [`{ ffi: true }`, [], "--allow-ffi"],
  [`{ sys: ["hostname"] }`, ["--allow-sys=uid"], "--allow-sys=hostname"],
  [`{ import: ["example.com"] }`, [], "--allow-import=example.com"],
  [`{ read: ["/data/secret"] }`, ["--allow-read=/data", "--deny-read=/data/secret"], "--allow-read=/data/secret"],
];

test("a scope is never wider than its parent's: the error names the grant and the flag", async () => {
  for (const [scope, flags, flag] of WIDER) {
    const { code, stdout, stderr } = await runScript(
      `import { Pool } from "@isopool/isopool";
      try {
        new Pool({ workers: 1, permissions: ${scope} });
        console.log("allowed");
      } catch (error) {
        console.log(error.name, error.flag, error.message.includes(error.flag));
      }`,
      { permissions: [...LEAST, ...flags] },
    );
    assertEquals([scope, code, stdout, stderr], [scope, 0, `PermissionScopeError ${flag} true\n`, ""]);
  }
}, { deadline: 120_000 });

test("a scope can have all permissions of its parent, a part of them, or inherit them", async () => {
  const { code, stdout, stderr } = await runScript(
    `import { inline, Pool } from "@isopool/isopool";
    const read = inline((path) => Deno.statSync(path).isDirectory);
    const look = async (permissions, path) => {
      await using pool = new Pool({ workers: 1, permissions });
      return await pool.submit(read, path).catch((error) => error.name);
    };
    console.log(JSON.stringify([
      await look({ read: ["/usr/bin"] }, "/usr/bin"),
      await look({ read: ["/usr/bin"] }, "/usr/lib"),
      await look({ read: "inherit" }, "/usr/lib"),
      await look({ read: "inherit" }, "/etc"),
      await look({ read: "inherit" }, "/usr/lib/os-release"),
    ]));`,
    {
      permissions: [...LEAST, `--allow-read=/usr,${ROOT}`, "--deny-read=/usr/lib/os-release"],
    },
  );
  assertEquals(stderr, "");
  assertEquals([code, JSON.parse(stdout)], [0, [true, "NotCapable", true, "NotCapable", "NotCapable"]]);
});

test("a permission that the script revokes later breaks the pool with the reason, and nothing hangs", async () => {
  const { code, stdout, stderr, late } = await runScript(
    `import { inline, Pool } from "@isopool/isopool";
    const pool = new Pool({ workers: 1, permissions: { net: ["example.com"] } });
    await Deno.permissions.revoke({ name: "net", host: "example.com" });
    const error = await pool.submit(inline(() => 1)).exception();
    console.log(error.name, error.cause?.name);`,
    { permissions: [...LEAST, "--allow-net=example.com", `--allow-read=${ROOT}`] },
  );
  assertEquals([code, late, stdout, stderr], [0, false, "BrokenPoolError NotCapable\n", ""]);
});

test("a scope that the runtime refuses breaks the pool with the reason", async () => {
  const pool = new Pool({ workers: 1, permissions: { sys: ["nonsense"] } });
  const error = expectError(await pool.submit(inline(() => 1)).exception(), BrokenPoolError);
  expectError(error.cause, TypeError);
});
