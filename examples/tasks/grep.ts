/** A line in which a phrase was found. */
export interface Match {
  line: number;
  text: string;
}

/**
 * Reads a file line by line and yields the lines that have the phrase. `counts[0]` is the number of lines that it has
 * yielded, `counts[1]` is 1 when it has closed the file.
 */
export async function* grep(path: string, phrase: string, counts: Int32Array): AsyncGenerator<Match> {
  const file = await Deno.open(path);
  try {
    let line = 0, rest = "";
    for await (const text of file.readable.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const text of lines) {
        line++;
        if (!text.includes(phrase)) continue;
        Atomics.add(counts, 0, 1);
        yield { line, text };
      }
    }
  } finally {
    Atomics.store(counts, 1, 1);
  }
}
