/** The smallest task. */
export function identity(n) {
  return n;
}
