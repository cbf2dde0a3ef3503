/**
 * A real browser without a window, driven by the DevTools protocol: Debian's `chromium`, or `CHROME` in the environment.
 *
 * @module
 */
import { MUST_HAPPEN, pause, within } from "./within.ts";

const PROGRAMS = ["chromium", "chromium-browser", "google-chrome"];

/** The program of the browser; `undefined` where there is none. */
export const browser: string | undefined = [Deno.env.get("CHROME"), ...PROGRAMS].find((program) => {
  if (!program) return false;
  try {
    return new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
});

/** Why a test that needs a browser is skipped; `false` if it can run. */
export const noBrowser: string | false = browser ? false : "it needs chromium: apt-get install chromium";

/** A page in a browser of its own. */
export class Page implements AsyncDisposable {
  /** What the page has thrown. */
  readonly errors: string[] = [];
  readonly #child: Deno.ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #replies = new Map<number, (reply: { result?: unknown; error?: unknown }) => void>();
  #lastId = 0;

  private constructor(child: Deno.ChildProcess, profile: string, socket: WebSocket) {
    this.#child = child;
    this.#profile = profile;
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
  }

  /** Starts a browser, and opens a page of 1200 times 600 pixels. */
  static async open(url: string): Promise<Page> {
    const profile = await Deno.makeTempDir({ prefix: "isopool-browser-" });
    const child = new Deno.Command(browser!, {
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--no-first-run",
        "--window-size=1200,600",
        "--remote-debugging-port=0",
        `--user-data-dir=${profile}`,
        "about:blank",
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      return await Page.#connect(child, profile, url);
    } catch (error) {
      try {
        child.kill("SIGKILL");
      } catch { /* It has ended. */ }
      await child.status;
      throw error;
    }
  }

  static async #connect(child: Deno.ChildProcess, profile: string, url: string): Promise<Page> {
    const [port] = await within(3 * MUST_HAPPEN, lines(`${profile}/DevToolsActivePort`), "start of the browser");
    const targets = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
    const target = targets.find(({ type }: { type: string }) => type === "page");
    const socket = new WebSocket(target.webSocketDebuggerUrl);
    await within(MUST_HAPPEN, new Promise((resolve) => socket.onopen = resolve), "connection to the browser");
    const page = new Page(child, profile, socket);
    await page.#send("Runtime.enable");
    await page.#send("Page.enable");
    await page.#send("Page.navigate", { url });
    await page.until("document.readyState === 'complete' && location.href !== 'about:blank'");
    return page;
  }

  /** Evaluates an expression in the page, and returns its value. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = await this.#send("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
    }) as { result: { value: T }; exceptionDetails?: { exception?: { description?: string } } };
    if (exceptionDetails) throw new Error(`In the page: ${exceptionDetails.exception?.description}`);
    return result.value;
  }

  /** Waits until an expression is true in the page. */
  async until(expression: string, ms: number = 2 * MUST_HAPPEN): Promise<void> {
    const end = performance.now() + ms;
    while (!await this.evaluate<boolean>(`!!(${expression})`).catch(() => false)) {
      if (performance.now() > end) {
        throw new Error(`Deadline missed: not within ${ms} ms: ${expression}; ${this.errors.join("; ")}`);
      }
      await pause(20);
    }
  }

  /** Moves the mouse, clicks, or turns its wheel. */
  async mouse(type: "mouseMoved" | "mousePressed" | "mouseReleased" | "mouseWheel", x: number, y: number, deltaY = 0) {
    const button = type === "mousePressed" || type === "mouseReleased" ? "left" : "none";
    await this.#send("Input.dispatchMouseEvent", { type, x, y, deltaX: 0, deltaY, button, clickCount: 1 });
  }

  /** Writes a screenshot. */
  async screenshot(path: string): Promise<void> {
    const { data } = await this.#send("Page.captureScreenshot") as { data: string };
    await Deno.writeFile(path, Uint8Array.from(atob(data), (char) => char.charCodeAt(0)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    void this.#send("Browser.close").catch(() => {});
    await within(MUST_HAPPEN, this.#child.status, "end of the browser").catch(() => this.#child.kill("SIGKILL"));
    await this.#child.status;
    await closed;
    // Its helpers may still write for a moment.
    for (let tries = 0;; tries++) {
      try {
        return await Deno.remove(this.#profile, { recursive: true });
      } catch (error) {
        if (tries > 50) throw error;
        await pause(50);
      }
    }
  }

  #send(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#lastId;
    return within(
      2 * MUST_HAPPEN,
      new Promise((resolve, reject) => {
        this.#replies.set(
          id,
          ({ result, error }) => error ? reject(new Error(JSON.stringify(error))) : resolve(result),
        );
        this.#socket.send(JSON.stringify({ id, method, params }));
      }),
      method,
    );
  }

  // deno-lint-ignore no-explicit-any -- messages of the protocol
  #receive(message: any): void {
    this.#replies.get(message.id)?.(message);
    this.#replies.delete(message.id);
    if (message.method === "Runtime.exceptionThrown") {
      this.errors.push(message.params.exceptionDetails.exception?.description ?? "error");
    }
  }
}

async function lines(path: string): Promise<string[]> {
  for (;;) {
    try {
      const text = await Deno.readTextFile(path);
      if (text.includes("\n")) return text.split("\n");
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
    await pause(10);
  }
}
