/**
 * A stream that splits text into lines.
 *
 * @module
 */

/** Splits a stream of text at its line ends; drops an unfinished last line. */
export class TextLineStream extends TransformStream<string, string> {
  constructor() {
    let rest = "";
    super({
      transform(text, controller) {
        const lines = (rest + text).split("\n");
        rest = lines.pop()!;
        for (const line of lines) controller.enqueue(line);
      },
    });
  }
}
