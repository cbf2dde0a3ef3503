/** Never ends, never yields. */
export function forever(): void {
  for (;;);
}
