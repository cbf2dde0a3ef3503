/** Finds the links and the anchors of a text. */

/** A link of Markdown: its first group is the target. */
export const LINK = /\]\(([^)\s]+)\)/g;

/** Returns the anchors of a text's headings, as hosts of repositories make them. Code blocks have no headings. */
export function anchorsOf(text: string): string[] {
  return text.replace(/^```[\s\S]*?^```/gm, "").split("\n").filter((line) => line.startsWith("#")).map((line) =>
    line.replace(/^#+ /, "").toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  );
}
