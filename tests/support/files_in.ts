/** Yields a file; of a folder, the files in it and below whose names end so. */
export function* filesIn(path: string, ending: string): Generator<string> {
  if (Deno.statSync(path).isFile) return yield path;
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    if (isDirectory) yield* filesIn(`${path}/${name}`, ending);
    else if (name.endsWith(ending)) yield `${path}/${name}`;
  }
}
