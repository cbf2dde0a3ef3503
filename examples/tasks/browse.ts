import { chromium } from "playwright-core";

/** What a browser shows at a URL. */
export interface Visit {
  title: string;
  /** A PNG of 320 times 200 pixels. */
  screenshot: Uint8Array;
}

/** Visits a page in a browser of its own. The pool has the time limit. */
export async function visit(executablePath: string, url: string): Promise<Visit> {
  await using browser = await chromium.launch({ executablePath, timeout: 0 });
  const page = await browser.newPage({ viewport: { width: 320, height: 200 } });
  await page.goto(url, { timeout: 0 });
  return { title: await page.title(), screenshot: await page.screenshot({ timeout: 0 }) };
}
