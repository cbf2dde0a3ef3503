import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { CancelledError, inline, Pool } from "@isopool/isopool";
import { gated } from "../fixtures/views.ts";
import { noBrowser, Page } from "../support/browser.ts";
import { Gate } from "../support/gate.ts";
import { runScript } from "../support/script.ts";
import { MUST_HAPPEN, test, until, within } from "../support/within.ts";

/** Where screenshots go, to look at; none without it. */
const SHOTS = Deno.env.get("ISOPOOL_SCREENSHOTS");

const bad = inline(function bad(name: string) {
  throw new RangeError(`<b>${name}</b> is bad`);
});
const identity = inline((n: number) => n);

async function status(url: string, init: RequestInit = {}): Promise<number> {
  const response = await fetch(url, init);
  await response.body?.cancel();
  return response.status;
}

test("the page needs the token and the loopback address, and refuses other hosts and origins", async () => {
  await using pool = new Pool(1);
  await using dashboard = await pool.dashboard();
  const { hostname, port, pathname, origin } = new URL(dashboard.url);
  assertEquals(hostname, "127.0.0.1");
  assert(/^\/[0-9a-f-]{36}\/$/.test(pathname), pathname);
  assertEquals(await status(dashboard.url), 200);
  for (const path of ["/", "/events", "/00000000-0000-0000-0000-000000000000/", `${pathname}other`]) {
    assertEquals(await status(`${origin}${path}`), 404, path);
  }
  const pause = { method: "POST", body: JSON.stringify({ action: "pause" }) };
  assertEquals(await status(`${dashboard.url}action`, { ...pause, headers: { origin: "http://evil.example" } }), 404);
  // A name that resolves to this address is not this address.
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode(`GET ${pathname} HTTP/1.1\r\nHost: evil.example\r\n\r\n`));
  const answer = new Uint8Array(64);
  await connection.read(answer);
  assert(new TextDecoder().decode(answer).startsWith("HTTP/1.1 404"), new TextDecoder().decode(answer));
  assertEquals(pool.paused, false);
  assertEquals(await status(`${dashboard.url}action`, pause), 200);
  assertEquals(pool.paused, true);
  for (const body of ["{", JSON.stringify({ action: "explode" }), JSON.stringify({ action: "resize", workers: 0 })]) {
    assertEquals(await status(`${dashboard.url}action`, { method: "POST", body }), 400, body);
  }
  assertThrows(() => pool.dashboard({ port: -1 }), RangeError, "`port`");
  assertThrows(() => pool.dashboard({ ports: 1 } as never), TypeError, "ports");
  await assertRejects(() => pool.dashboard({ port: Number(port) }), Deno.errors.AddrInUse);
});

test("the page ends with its pool, and does not keep a script alive", async () => {
  const pool = new Pool(1);
  const { url } = await pool.dashboard();
  await pool.submit(identity, 1);
  await pool.shutdown();
  await until(() => fetch(url).then((response) => response.text()).then(() => false, () => true), "the page is gone");
  const { code, stderr } = await runScript(`
    import { Pool } from "@isopool/isopool";
    await new Pool(1).dashboard();
  `);
  assertEquals([code, stderr], [0, ""]);
});

test("a pool that is closing refuses to be restarted or resized, and the script goes on", async () => {
  const pool = new Pool(1);
  await using gate = new Gate();
  const { url } = await pool.dashboard();
  const held = pool.submit(gated.hold, gate.words);
  await gate.entered();
  const act = async (body: Record<string, unknown>) => {
    const response = await fetch(`${url}action`, { method: "POST", body: JSON.stringify(body) });
    return [response.status, await response.text()];
  };
  // While the pool is open, the answer does not wait for the worker that runs a call.
  assertEquals(await within(MUST_HAPPEN, act({ action: "restart" })), [200, "Done"]);
  pool.close();
  for (const action of ["restart", "resize"]) {
    const [status, message] = await act({ action, workers: 2 });
    assertEquals(status, 400, action);
    assertStringIncludes(`${message}`, "PoolClosedError: Cannot " + action);
  }
  gate.open();
  await within(MUST_HAPPEN, held);
  await pool.join();
});

test(
  "in a browser: workers, numbers, failures with their items; the buttons pause, resume, resize, restart, cancel",
  async () => {
    const pool = new Pool({ workers: 2, name: "looked at" });
    await using gate = new Gate();
    try {
      await using dashboard = await pool.dashboard();
      await pool.submit(bad, "图片 <i>").exception();
      await pool.map(identity, Array(500).keys());
      await using page = await Page.open(dashboard.url);
      const card = (name: string) =>
        `Number(document.querySelector('#cards [data-name="${name}"] b')?.textContent ?? NaN)`;
      const click = (id: string) => page.evaluate(`document.getElementById("${id}").click()`);
      await page.until(`${card("Succeeded")} === 500 && ${card("Failed")} === 1`);
      assertEquals(await page.evaluate("document.querySelector('h1').textContent"), "looked at");
      const failure = await page.evaluate<string[]>(
        "[...document.querySelectorAll('#failures tr td')].map((cell) => cell.textContent)",
      );
      assertEquals(failure.slice(1, 4), ["bad", '"图片 <i>"', "RangeError: <b>图片 <i></b> is bad"]);

      await click("pause");
      await page.until("document.getElementById('state').textContent === 'paused'");
      const waiting = pool.submit(identity, 1);
      await page.until(`${card("Waiting")} === 1`);
      await click("cancelWaiting");
      await assertRejects(() => within(MUST_HAPPEN, waiting), CancelledError);
      await click("resume");
      await page.until("document.getElementById('state').textContent === 'open'");

      const held = pool.submit(gated.holdUntilSignal, gate.words);
      await gate.entered();
      await page.until(
        "[...document.querySelectorAll('#rows td')].some((cell) => cell.textContent.includes('holdUntilSignal('))",
      );
      if (SHOTS) await page.screenshot(`${SHOTS}/dashboard.png`);
      await page.evaluate("document.querySelector('#rows button:enabled').click()");
      await assertRejects(() => within(MUST_HAPPEN, held), CancelledError);

      const before = pool.workerIds;
      await click("restart");
      await until(() => pool.workerIds.every((id) => !before.includes(id)), "the workers are others");
      await page.evaluate(`document.getElementById("workers").value = "3"`);
      await click("resize");
      await until(() => pool.workers === 3, "the pool has 3 workers");
      assertEquals(page.errors, []);
    } finally {
      await pool.terminate();
    }
  },
  { deadline: 120_000, ignore: noBrowser },
);
