/** Persons are counted in panes of five minutes; the newest one and the one before it count. */
export const PANE_MS = 300_000

/** Number of the pane that holds an instant. */
export function paneOf(atMs: number): number {
  return Math.floor(atMs / PANE_MS)
}

/** Persons usual in the newest pane as far as it has come and the one before. */
export function usualIn(usualPerHour: number, atMs: number): number {
  return (usualPerHour * (PANE_MS + (atMs % PANE_MS))) / 3_600_000
}

/** More persons than this, in the newest pane as far as it has come and the one before, are more than chance adds to what is usual: half as many again, and four deviations. */
export function mostUsual(usualPerHour: number, atMs: number): number {
  const usual = usualIn(usualPerHour, atMs)
  return Math.max(1.5 * usual, usual + 4 * Math.sqrt(usual + 1))
}
