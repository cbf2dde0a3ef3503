const AsyncFunction = (async () => {}).constructor as FunctionConstructor;

/** Runs the body of a function that nobody has read. The pool holds it: run it on backend "process" only. */
export async function answer(body: string, input: number[]): Promise<unknown> {
  return await new AsyncFunction("input", body)(input);
}
