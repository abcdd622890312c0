/** A sketch with more cells becomes dense: seven eighths of 4,096 places. */
export const CELL_LIMIT = 3_584

/** Whether a table of so many places may hold so many cells: seven eighths, so that a search always ends. */
export function hasRoom(places: number, cells: number): boolean {
  return cells <= places - (places >>> 3) - (places < 8 ? 1 : 0)
}

/** Adds a cell to an open-addressed table of 2ⁿ places that has room; of two with the same number the higher rank stays. True if its number was not there. */
export function addToCells(table: Uint32Array, cell: number): boolean {
  const mask = table.length - 1
  let place = placeOf(cell, mask)
  for (;;) {
    const held = table[place] as number
    if (held === 0) {
      table[place] = cell
      return true
    }
    if (held >>> 6 === cell >>> 6) {
      if (cell > held) table[place] = cell
      return false
    }
    place = (place + 1) & mask
  }
}

/** The same cells in a table of twice as many places. */
export function widerCells(table: Uint32Array): Uint32Array {
  const wider = new Uint32Array(table.length * 2)
  for (const cell of table) if (cell !== 0) addToCells(wider, cell)
  return wider
}

/** Where the search for a cell begins: the cell number is uniform already. */
export function placeOf(cell: number, mask: number): number {
  return (cell >>> 6) & mask
}
