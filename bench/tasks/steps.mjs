/** The smallest task: returns its argument. */
export function identity(n) {
  return n;
}
