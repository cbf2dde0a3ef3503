import { createHash } from "node:crypto";

/** The task of window B: a thousand rounds of sha256 over the page. */
export function windowB({ person, page }: { person: number; page: string }): { person: number; digest: string } {
  let digest = createHash("sha256").update(page).digest();
  for (let i = 1; i < 1_000; i++) digest = createHash("sha256").update(digest).digest();
  return { person, digest: digest.toString("hex") };
}
