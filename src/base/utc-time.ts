/** As `2026-11-20 09:31:07 UTC`: what is printed so is read anywhere. `at` in ms. */
export function utcTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
